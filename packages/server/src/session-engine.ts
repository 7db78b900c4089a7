/**
 * Runs the sessions on one Socket.IO server: creates the parts, accepts sockets, drains and closes. `SessionServer` adds
 * what an app calls.
 */

import { type Fault, fault, HTTP_PATH_PATTERN, SERVER_EVENTS } from '@session-monitor/protocol';
import type { Socket } from 'socket.io';
import type { AddressPolicy } from './access/client-address.js';
import { OpenStreams } from './access/open-streams.js';
import type { OriginCheck } from './access/origin-check.js';
import { isLoopback } from './access/origins.js';
import { PermissionCheck } from './access/permission-check.js';
import { Revocations } from './access/revocations.js';
import { DEFAULT_LIMITS } from './limits.js';
import { Membership } from './nodes/membership.js';
import { Operator } from './nodes/operator.js';
import { Revoker } from './nodes/revoker.js';
import { BoundedTrace } from './observe/bounded-trace.js';
import { ClientReports } from './observe/client-reports/client-reports.js';
import { ReportRequests } from './observe/client-reports/report-requests.js';
import { RecentSteps } from './observe/findings/recent-steps.js';
import { watchFullStorage } from './observe/full-storage.js';
import { LimitHits } from './observe/limit-hits.js';
import { watchLoop } from './observe/loop.js';
import { beginCounting } from './observe/metrics/counting.js';
import { Metrics } from './observe/metrics/metrics.js';
import { NO_PEERS, type TracePeers } from './observe/session-trace/peers.js';
import { openRecording } from './observe/session-trace/recording.js';
import { SessionTrace } from './observe/session-trace/session-trace.js';
import { createTrace, silentLogger, type Trace } from './observe/trace.js';
import { ServerTracing } from './observe/tracing/server-tracing.js';
import { DEFAULT_SETTINGS, type SessionServerOptions, type SessionSettings } from './options.js';
import { Quotas } from './quotas/quotas.js';
import { ReportQuota } from './quotas/report-quota.js';
import { Runs } from './runs/runs.js';
import type { ServerDeps } from './server-deps.js';
import { NO_OTHER_NODES } from './sessions/registrar.js';
import { Registry } from './sessions/registry.js';
import { Sweeper } from './sessions/sweeper.js';
import { createAcceptor } from './socketio/accept.js';
import type { Connection, ConnectionOptions } from './socketio/connection.js';
import { handOver } from './socketio/hand-over.js';
import type { TrafficMeter } from './socketio/traffic.js';
import type { NodeStore, SessionRecord, Store } from './stores/store.js';
import { CatchUpTurns } from './threads/catch-up-turns.js';
import { FramePacer } from './threads/frame-pacer.js';
import { ThreadList } from './threads/thread-list.js';
import { Threads } from './threads/threads.js';
import { type Entropy, systemClock, systemEntropy } from './util/clock.js';
import { configError } from './util/errors.js';
import { PeerTurns } from './util/peer-turns.js';

/** Use 80 % of the reconnect limit: a client may land on a node that is also draining, and reconnect a second time. */
const ASKED_OF_CEILING = 0.8;

/** The Socket.IO server, or the namespace, that sessions are attached to. */
export interface Endpoint {
  on(event: 'connection', listener: (socket: Socket) => void): unknown;
  off(event: 'connection', listener: (socket: Socket) => void): unknown;
  /** Whether it uses Socket.IO's default parser, so that packets may be written ready-made. */
  readonly readyMade: boolean;
  /** The prefix of Socket.IO's own request paths: `/socket.io/`. */
  readonly path: string;
  readonly originCheck: OriginCheck;
  /** How the addresses of requests are read. */
  readonly addresses: AddressPolicy;
  /** A connection follows something. */
  readonly registered?: (conn: object) => void;
  /** What a connection has sent, if something counts that already. */
  readonly received?: (conn: object) => TrafficMeter | undefined;
  /** Calls back if the request of a polling connection for a WebSocket is refused. */
  readonly onUpgradeRefused?: ConnectionOptions['onUpgradeRefused'];
  /** Requests for connections that this node does not have. */
  readonly misroutedRequests: { readonly count: number; readonly recently: number };
  /** How many of the HTTP server's connections are used, 0 to 1. Absent where nothing counts them. */
  readonly connectionsUsed?: () => number | undefined;
  /** The sessions are closed: the app may attach new ones. */
  release(): void;
}

/** What the HTTP routes need besides the public methods. */
export interface SessionServerInternals extends ServerDeps {
  readonly entropy: Entropy;
  readonly registry: Registry;
  readonly connections: ReadonlyMap<string, Connection>;
  readonly threads: Threads;
  /** Whose turn it is to read the store, among what is far behind. */
  readonly turns: CatchUpTurns;
  /** Whose turn it is, among what peers ask of the event loop. */
  readonly peerTurns: PeerTurns;
  readonly threadList: ThreadList;
  readonly runs: Runs;
  readonly permissions: PermissionCheck;
  readonly revocations: Revocations;
  /** Streams over HTTP. */
  readonly streams: OpenStreams;
  readonly sessionTrace: SessionTrace;
  /** What explains the sessions of now, without the trace. */
  readonly recentSteps: RecentSteps;
  readonly clientReports: ClientReports;
  readonly reportRequests: ReportRequests;
  readonly reportQuota: ReportQuota;
  readonly revoker: Revoker;
  readonly operator: Operator;
  /** What users may do. */
  readonly quotas: Quotas;
  readonly endpoint: Omit<Endpoint, 'on' | 'off'>;
  /** The app has chosen development mode: a user at this machine may see `/debug`. */
  readonly development: boolean;
  /** When this server was created, in milliseconds since 1970. */
  readonly startedAt: number;
  /** Callbacks that end what reads on and on; called at close. */
  readonly endings: Set<() => void>;
  /** Set if several servers share the store. */
  readonly membership?: Membership;
}

/** Options that no app sets. */
interface EngineOptions extends SessionServerOptions {
  /** Nothing is counted where events pass; for benchmarks. */
  readonly uncounted?: boolean;
}

export class SessionEngine {
  /**
   * Resolves when the server has ended the runs that a former process left. Registrations wait for it. On a full disk it
   * resolves before: reads need no recovery, and all that does is refused.
   */
  readonly ready: Promise<void>;
  /** This process's name in receipts and traces. */
  readonly node: string;
  /** @internal */
  readonly internals: SessionServerInternals;
  /** Whether the server is closed or closing: the store may be gone. */
  protected closing = false;
  readonly #sweeper: Sweeper;
  readonly #pacer: FramePacer;
  readonly #bounded: BoundedTrace;
  readonly #entropy: Entropy;
  readonly #stopListening: () => void;
  readonly #stopWatching: () => void;
  readonly #stopCounting: () => void;
  readonly #recovered: Promise<void>;
  #httpPath: string | undefined;
  #draining: Fault | undefined;

  constructor(endpoint: Endpoint, options: EngineOptions) {
    const logger = options.logger ?? silentLogger;
    // mutant: waiting-is-measured-by-the-wall-clock
    const clock = options.clock ?? systemClock;
    const entropy = options.entropy ?? systemEntropy;
    const settings = settingsOf(options);
    const { authorize, logAddresses: addresses = true } = options;
    const node = nameNode(options.node, options.store, entropy);
    const connections = new Map<string, Connection>();
    const recording = openRecording({
      node,
      clock,
      logger,
      options: options.trace,
      hasFollowed: (connection) => connections.get(connection)?.hasFollowed === true,
      trace: ((step, fields) => trace(step, fields)) satisfies Trace,
    });
    const { recorder: keeper, detail } = recording;
    const recentSteps = new RecentSteps({ node, clock, addresses });
    const everyLine = recentSteps.watching(createTrace(logger, { addresses, keeper }));
    const hits = new LimitHits(clock, everyLine);
    const { exemptLocal } = endpoint.addresses;
    const bounded = new BoundedTrace({
      trace: everyLine,
      hits,
      clock,
      perSecond: settings.limits.linesPerSecond,
      isExempt: (address) => exemptLocal && isLoopback(address),
    });
    const metrics = new Metrics(options.uncounted !== true);
    const counting = beginCounting({
      metrics,
      trace: bounded.write,
      store: options.store,
      clock,
      logOf: (thread_id) => threads.get(thread_id),
    });
    const { trace, store } = counting;
    const timeoutMs = settings.limits.authorizeTimeoutMs;
    const revocations = new Revocations(clock);
    const permissions = new PermissionCheck({ authorize, clock, logger, timeoutMs, revocations });
    const turns = new CatchUpTurns({
      clock,
      budgetMs: settings.limits.catchUpMs,
      onSpent: (waiting) => hits.add('catchUpMs', { waiting }),
    });
    const peerTurns = new PeerTurns(clock);
    const tracing = options.tracing && new ServerTracing({ tracing: options.tracing, clock, node });
    const threads = new Threads(store.logs, turns, peerTurns, tracing?.deliveries);
    const busy = options.busy ?? watchLoop();
    const pacer = new FramePacer({ clock, setting: settings.frameWindowMs, busy });
    const shared = {
      node,
      store,
      threads,
      turns,
      peerTurns,
      clock,
      entropy,
      settings,
      pacer,
      trace,
      detail,
      tracing,
      hits,
      metrics,
      logger,
    };

    this.node = node;
    this.#entropy = entropy;
    const membership =
      store.nodes &&
      new Membership({
        ...shared,
        nodes: store.nodes,
        registry: () => registry,
        runs: () => runs,
      });
    const others = membership ?? NO_OTHER_NODES;
    const peers = membership && store.nodes ? peersOf(membership, store.nodes, node) : NO_PEERS;
    const httpPath = () => this.#httpPath;
    const registry = new Registry({ ...shared, others, httpPath });
    const runs = new Runs({ ...shared, responder: options.responder });
    this.#pacer = pacer;
    this.#bounded = bounded;
    this.#stopWatching = watchFullStorage(shared);
    this.#stopCounting = counting.stop;
    this.#sweeper = new Sweeper({
      ...shared,
      registry,
      runs,
      ...(!membership && {
        isLeft: ({ stay }: SessionRecord) => !connections.has(stay.connection),
      }),
    });
    const streams = new OpenStreams(clock, revocations);
    const { sessionTtlMs, limits } = settings;
    const { addresses: addressPolicy } = endpoint;
    const quotas = new Quotas({
      limits,
      sessionTtlMs,
      hits,
      clock,
      addresses: addressPolicy,
      rates: store.rates,
    });
    this.internals = {
      ...shared,
      quotas,
      registry,
      connections,
      runs,
      threadList: new ThreadList(store.threads),
      recentSteps,
      permissions,
      revocations,
      streams,
      sessionTrace: new SessionTrace({ ...shared, recording, sessions: registry, peers }),
      clientReports: new ClientReports({ ...shared, registry, reports: recording.reports }),
      reportRequests: new ReportRequests({ ...shared, registry, peers }),
      reportQuota: new ReportQuota({ limits, hits, clock, addresses: addressPolicy }),
      revoker: new Revoker({ ...shared, registry, streams, revocations, membership }),
      operator: new Operator({ ...shared, registry, membership }),
      endpoint,
      development: options.mode === 'development',
      startedAt: clock.wall(),
      endings: new Set(),
      ...(membership && { membership }),
    };
    this.#recovered = this.#recover();
    this.ready = this.#untilReady();
    this.ready.catch(() => {});
    this.#recovered.catch((err: unknown) => logger.error({ err }, 'Recovery at start failed'));

    const onConnection = createAcceptor({
      ...shared,
      quotas,
      permissions,
      revocations,
      registry,
      connections,
      ready: this.ready,
      endpoint,
      exclusive: options.exclusive ?? false,
      closedFor: () => this.#draining,
      handingOver: () => this.handingOver,
    });
    endpoint.on('connection', onConnection);
    this.#stopListening = () => endpoint.off('connection', onConnection);
  }

  get draining(): boolean {
    return this.#draining !== undefined;
  }

  /** Whether this node hands its clients over to other nodes. New clients should connect there at once. */
  get handingOver(): boolean {
    return this.draining && (this.internals.membership?.others.length ?? 0) > 0;
  }

  /**
   * Sets the path of the HTTP routes, which receipts carry to clients.
   *
   * @param path `/`, or like `/chat`: see `HTTP_PATH_PATTERN`
   * @throws ServerError ERR_CONFIG for another path, or if the routes are mounted already
   * @internal
   */
  mountHttp(path: string): void {
    if (!HTTP_PATH_PATTERN.test(path)) {
      throw configError(
        `basePath is ${JSON.stringify(path)}. Allowed: '/', or segments like '/chat', with no slash at the end and no '..'.`,
      );
    }
    if (this.#httpPath !== undefined) {
      throw configError(
        `The HTTP routes of these sessions are mounted at '${this.#httpPath}' already. Mount them once.`,
      );
    }
    this.#httpPath = path;
  }

  /**
   * Refuses new registrations and runs, spreads the reconnects of clients over `windowMs` (longer if they exceed
   * `reconnectsPerSecond`), and ends the runs. With other nodes on the store, each client stays until its turn to move
   * to one of them. Without other nodes, every client gets its own reconnect delay at once.
   */
  async drain(windowMs: number): Promise<void> {
    if (this.#draining) return;
    const { registry, runs, settings, trace, clock } = this.internals;
    const connections = [...this.internals.connections.values()];
    const perSecond = settings.reconnectsPerSecond * ASKED_OF_CEILING;
    const atLeastMs = (connections.length / perSecond) * 1_000;
    const overMs = Math.max(windowMs, windowMs === 0 ? 0 : atLeastMs);
    this.#draining = drainingFault(overMs);
    trace('drain', { connections: connections.length, runs: runs.size });
    runs.refuse();
    if (this.handingOver) {
      // Connections without a session go first: their clients wait for one.
      const has = (connection: Connection) => registry.of(connection).length;
      connections.sort((one, other) => has(one) - has(other));
      // Running replies may finish until the drain window closes.
      await Promise.all([handOver(connections, overMs, clock, this.#entropy), runs.idle(overMs)]);
    } else {
      for (const connection of connections) {
        const retry_after_ms = Math.round(this.#entropy.fraction() * overMs);
        connection.notify(SERVER_EVENTS.serverDraining, { retry_after_ms });
      }
    }
    // The ends of runs may wait for room on a full disk. The next start writes them.
    this.internals.store.stopWaiting?.();
    await runs.close();
  }

  /**
   * Drains, ends every connection and completes pending writes. The store stays open. A client of either dialect
   * reconnects by itself when its connection ends.
   */
  async close(): Promise<void> {
    await this.drain(0);
    this.closing = true;
    for (const end of this.internals.endings) end();
    this.#stopListening();
    // A failed recovery is in the log; here it only has to be over.
    await this.#recovered.catch(() => {});
    await this.#sweeper.stop();
    const { connections, registry, runs, membership, revoker, endpoint } = this.internals;
    const { permissions, quotas, turns, peerTurns, hits, sessionTrace, tracing } = this.internals;
    await Promise.all([...connections.values()].map((each) => each.end()));
    this.#pacer.stop();
    await registry.v1.stop();
    await registry.settled();
    tracing?.deliveries.stop();
    // mutant: a-stop-does-not-wait-for-an-erasure
    await runs.settled();
    await revoker.stop();
    await membership?.stop();
    endpoint.release();
    permissions.stop();
    quotas.stop();
    this.#bounded.stop();
    // Later than the runs, which read their replies in turns.
    turns.stop();
    peerTurns.stop();
    this.#stopWatching();
    this.#stopCounting();
    hits.stop();
    await sessionTrace.close();
  }

  async #untilReady(): Promise<void> {
    let stop: (() => void) | undefined;
    const stalled = new Promise<void>((resolve) => {
      stop = this.internals.store.space?.onStall?.(resolve);
    });
    try {
      await Promise.race([this.#recovered, stalled]);
    } finally {
      stop?.();
    }
  }

  async #recover(): Promise<void> {
    const { membership, runs, sessionTrace } = this.internals;
    let interrupted: number | undefined;
    if (membership) await membership.start();
    else {
      // No other process has this store: a former process left the open runs in it. The sweeper looks for its sessions.
      // mutant: interrupted-runs-are-left-open
      interrupted = await runs.recover();
    }
    sessionTrace.recovered(interrupted);
    this.#sweeper.start();
  }
}

/** The defaults, and what the app has set in their place. */
const settingsOf = ({ settings }: SessionServerOptions): SessionSettings => ({
  ...DEFAULT_SETTINGS,
  ...settings,
  limits: { ...DEFAULT_LIMITS, ...settings?.limits },
});

const peersOf = (membership: Membership, nodes: NodeStore, node: string): TracePeers => ({
  async alive() {
    // An operator asks in an outage of the store, too.
    const alive = await nodes.alive().catch(() => membership.others);
    return alive.filter((each) => each !== node);
  },
  call: (...query) => membership.rpc.call(...query),
  onCall: (about, handler) => membership.rpc.onCall(about, handler),
});

/** On a shared store, makes a given name unique: two nodes may have the same name. */
function nameNode(given: string | undefined, store: Store, entropy: Entropy): string {
  const name = given ?? `node-${entropy.token(6)}`;
  return given !== undefined && store.nodes ? `${given}-${entropy.token(4)}` : name;
}

/** The refusal of requests while the server drains. */
const drainingFault = (retry_after_ms: number): Fault =>
  fault('draining', 'The server is about to stop. Try again a little later.', { retry_after_ms });
