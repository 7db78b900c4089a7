/** A whole world from a scenario: pages, a network, one node on a disk or several on a Redis, backends, checkers. */

import type { Receipt } from '../../packages/protocol/src/messages.js';
import type { AuthorizeAnswer } from '../../packages/server/src/access/authorize.js';
import { DEFAULT_SETTINGS, type SessionSettings } from '../../packages/server/src/options.js';
import { elementAt } from '../../packages/server/src/util/assert.js';
import { Disk, FAST_FLUSH_MS } from './disk/disk.js';
import type { ReadFaults } from './disk/faulty-reads.js';
import type { Latency } from './network/channel.js';
import { SimNetwork } from './network/network.js';
import { Checker } from './oracle/checker.js';
import { DeliveryChecker } from './oracle/delivery-checker.js';
import { Owners } from './oracle/owners.js';
import { Permissions } from './oracle/permissions.js';
import { Publications } from './oracle/publications.js';
import { RedisWatch } from './oracle/redis-watch.js';
import { add, ReferenceLog } from './oracle/reference-log.js';
import { ServerWatch } from './oracle/server-watch.js';
import { SessionWatch } from './oracle/session-watch.js';
import { StoreWatch } from './oracle/store-watch.js';
import type { View } from './oracle/view.js';
import { PagePool } from './pages/page-pool.js';
import { SimRedis } from './redis/sim-redis.js';
import type { ClusterPlan, Scenario } from './scenario/actions.js';
import { Faults } from './scenario/faults.js';
import { nodeName } from './server/node-name.js';
import { SimPublisher } from './server/publisher.js';
import { scriptedResponder } from './server/responder.js';
import type { ServerSocket } from './server/server-socket.js';
import { SimNode } from './server/sim-node.js';
import { openOnDisk, openOnRedis } from './server/stores.js';
import type { ProcessClock } from './time/process-clock.js';
import { Random } from './time/random.js';
import { Scheduler } from './time/scheduler.js';

/** How often the server asks for pings: a world lives for seconds. */
const PING_INTERVAL_MS = 1_000;
/** After how long a process that has ended by itself is started again. */
const RESTART_MS = 100;
/** How long a stop may take on a healthy disk: running replies end at once. */
const STOP_MS = 500;
/** Longer than a world lives: makes a world without pings. */
const NEVER_MS = 60_000;

/** Where one process runs at a time. */
interface Place {
  node?: SimNode;
  /** No process starts here before this time; then one does, unless one runs already. */
  downUntil: number;
}

export class SimWorld {
  readonly scenario: Scenario;
  readonly scheduler = new Scheduler();
  readonly random: Random;
  readonly checker: Checker;
  readonly reference: ReferenceLog;
  readonly disk: Disk;
  readonly network: SimNetwork;
  readonly clients: PagePool;
  readonly publisher: SimPublisher;
  readonly publications: Publications;
  readonly owners: Owners;
  readonly permissions: Permissions;
  readonly reads: ReadFaults = { slowMs: 0, failing: 0 };
  readonly latency: Latency;
  readonly faults: Faults;
  /** The current behaviour of `authorize`. */
  authorizing: 'as usual' | 'outage' | 'slow' = 'as usual';
  /** Tokens issued before this time have expired. */
  tokensFrom = 0;
  /** When the grants of tokens end, by the clock on the wall. */
  readonly #grantEnds = new Map<string, number>();
  /** What several nodes share; undefined for one node on a disk. */
  readonly redis: { readonly sim: SimRedis; readonly watch: RedisWatch } | undefined;
  readonly #places: Place[];
  readonly #balance: Random;
  #nodes = 0;
  #wallOffsetMs = 0;
  readonly #settings: SessionSettings;
  readonly #watch: ServerWatch;
  readonly #sessionWatch: SessionWatch;
  #putBack: (() => void) | undefined;

  constructor(scenario: Scenario, writesDown: boolean) {
    this.scenario = scenario;
    const { scheduler } = this;
    this.random = new Random(scenario.seed).fork('world');
    this.checker = new Checker(scheduler, writesDown);
    this.reference = new ReferenceLog(this.checker);
    this.owners = new Owners(
      this.checker,
      2 * pingIntervalOf(scenario),
      scenario.cluster !== undefined,
      (node) => this.#isLost(node),
    );
    this.permissions = new Permissions(scheduler);
    this.#sessionWatch = new SessionWatch(this.checker, this.owners);
    const storeWatch = new StoreWatch(this.reference, this.checker, this.#sessionWatch);
    this.disk = new Disk(scheduler, this.random.fork('disk'), storeWatch);
    this.redis = scenario.cluster && this.#makeRedis(scenario.cluster);
    this.#places = Array.from({ length: scenario.cluster?.nodes ?? 1 }, () => ({ downUntil: 0 }));
    this.#balance = this.random.fork('balance');
    this.latency = { minMs: scenario.latencyMs.min, maxMs: scenario.latencyMs.max };
    const node = () => this.anyNode();
    const nodeOf = (socket: ServerSocket) => this.#nodeOf(socket);
    this.network = new SimNetwork({
      scheduler,
      latency: this.latency,
      node,
      random: this.random.fork('network'),
      heartbeatMs: scenario.heartbeatMs,
    });
    this.#settings = settingsOf(scenario);
    const deliveries = new DeliveryChecker(
      this.checker,
      this.reference,
      this.#settings,
      ({ session_id, socket, generation }) => {
        const session = nodeOf(socket)?.sessions?.internals.registry.get(session_id);
        return session?.peer.id === socket.id && session.record.generation === generation;
      },
      ({ session_id, socket }) =>
        nodeOf(socket)?.sessions?.internals.registry.get(session_id)?.granted?.receipt,
    );
    const { checker, reference, owners, permissions } = this;
    const isSteady = !scenario.actions.some((each) => UNSTEADY.has(each.do));
    const views = new Map<string, View[]>();
    this.#watch = new ServerWatch({
      scheduler,
      checker,
      reference,
      deliveries,
      owners,
      permissions,
      nodeOf,
      grantEnd: (token) => this.#grantEnds.get(token ?? ''),
      isSteady,
      isClaimed: (session_id) => this.clients.claimed.has(session_id),
      viewsOf: ({ session_id, generation, node }) =>
        views.get(`${session_id} ${generation} ${node}`) ?? [],
    });
    this.publications = new Publications(checker, reference);
    this.publisher = new SimPublisher({
      scheduler,
      checker,
      node,
      publications: this.publications,
      random: this.random.fork('publisher'),
      lostAnswers: scenario.lostAnswers,
    });
    this.clients = new PagePool({
      scheduler,
      checker,
      reference,
      network: this.network,
      random: this.random.fork('pages'),
      firstGrant: (instance, receipt) => this.#firstGrant(instance, receipt),
      onRegistered: ({ session_id, generation, node }, view) =>
        add(views, `${session_id} ${generation} ${node}`, view),
    });
    this.faults = new Faults(this);
  }

  /**
   * A monitor's first granted position. The server does not know a session that is over, or was erased with its
   * thread: a later grant is new.
   */
  #firstGrant(instance: string, receipt: Receipt): Receipt | undefined {
    const { thread_id, epoch, outcome } = receipt;
    const first = this.owners.firstGrants.get(`${instance} ${thread_id}`);
    // A late answer, of a session that has gone since: what is remembered is a later one.
    if (first && this.owners.isOlder(receipt, first.receipt)) return undefined;
    if (!first || outcome !== 'new') return first?.receipt;
    const { sessionTtlMs, idle, actions } = this.scenario;
    let elapsedMs = this.scheduler.now - first.at;
    for (const action of actions) if (action.do === 'clock') elapsedMs += Math.abs(action.byMs);
    const over = elapsedMs >= Math.min(sessionTtlMs, idle.expireMs);
    return over || epoch !== first.receipt.epoch ? undefined : first.receipt;
  }

  /** The processes that run. */
  get nodes(): readonly SimNode[] {
    return this.#places.flatMap(({ node }) => (node && node.state !== 'ended' ? [node] : []));
  }

  /** The process at a place; undefined if none has been there yet. */
  nodeAt(index: number): SimNode | undefined {
    return this.#placeAt(index).node;
  }

  /** A process that serves, as a balancer chooses it; if there is none, one that does not. */
  anyNode(): SimNode | undefined {
    if (this.#places.length === 1) return this.#places[0]?.node;
    const serving = this.nodes.filter(({ state, life }) => state === 'listening' && !life.frozen);
    return serving.length > 0 ? this.#balance.pick(serving as [SimNode]) : this.#places[0]?.node;
  }

  /** Starts all processes that do not run. */
  startNodes(): void {
    for (const place of this.#places) this.#start(place);
  }

  #placeAt(index: number): Place {
    return elementAt(this.#places, index % this.#places.length);
  }

  #nodeOf({ node }: ServerSocket): SimNode | undefined {
    return this.#places.find((place) => place.node?.name === node)?.node;
  }

  /** A frozen process answers nothing. If its heartbeat has lapsed or a failover has lost it, it counts as lost. */
  #isLost(name: string): boolean {
    const node = this.#places.find((place) => place.node?.name === name)?.node;
    return node?.life.frozen === true && this.redis?.watch.isAlive(name) === false;
  }

  /** Starts a process, if none runs at its place and it is time. */
  #start(place: Place): void {
    if (place.node && place.node.state !== 'ended') return;
    if (this.scheduler.now < place.downUntil) return;
    this.#nodes += 1;
    const name = nodeName(this.#nodes);
    this.checker.note(() => `${name} starts`);
    const node: SimNode = new SimNode({
      name,
      scheduler: this.scheduler,
      openStore: this.redis ? openOnRedis(this.redis.sim) : openOnDisk(this.disk),
      exclusive: !this.redis,
      reads: this.reads,
      random: this.random.fork(name),
      settings: this.#settings,
      authorize: ({ auth, token }) => this.#authorize(String(auth.client), token, node.clock),
      respond: scriptedResponder,
      watch: this.#watch,
      onEnd: (reason) => {
        this.checker.note(() => `${name} ends: ${reason}`);
        if (place.node === node) this.#kill(place, false, RESTART_MS);
      },
      onError: (message) => this.#onError(name, message),
      onTrim: (thread_id, head) => this.reference.trimming(thread_id, head.base),
    });
    node.clock.wallOffsetMs = this.#wallOffsetMs;
    place.node = node;
  }

  /** SIGKILL; a new process starts after `downMs`. */
  killNode(silently: boolean, downMs: number, index = 0): void {
    this.#kill(this.#placeAt(index), silently, downMs);
  }

  #kill(place: Place, silently: boolean, downMs: number): void {
    const { node } = place;
    if (!node || node.state === 'ended') return;
    this.checker.note(() => `${node.name} is killed${silently ? ', its machine with it' : ''}`);
    node.kill(silently);
    if (!this.redis) this.disk.crash();
    this.owners.nodeGone(node.name);
    this.#planStart(place, downMs);
  }

  /** SIGSTOP, and SIGCONT after a while. */
  freezeNode(index: number, ms: number): void {
    const node = this.nodeAt(index);
    if (node?.state !== 'listening' || node.life.frozen) return;
    this.checker.note(() => `${node.name} freezes`);
    node.life.freeze();
    this.scheduler.after(ms, () => this.#thaw(node));
  }

  /** Frozen processes go on. */
  thawNodes(): void {
    for (const node of this.nodes) this.#thaw(node);
  }

  #thaw(node: SimNode): void {
    if (!node.life.frozen) return;
    this.checker.note(() => `${node.name} goes on`);
    node.life.thaw();
  }

  /** SIGTERM; a new process starts `downMs` after the end. */
  stopNode(drainMs: number, downMs: number, index = 0): void {
    const place = this.#placeAt(index);
    const { node } = place;
    if (node?.state !== 'listening') return;
    this.checker.note(() => `${node.name} is asked to stop`);
    const startedAt = this.scheduler.now;
    const isFast = () =>
      this.disk.pace.flushMs <= FAST_FLUSH_MS && !this.disk.busy && this.reads.slowMs === 0;
    const wasFast = isFast();
    const { slowFlushes } = this.disk;
    node.stop(drainMs).then(
      () => {
        if (place.node !== node) return;
        const ms = this.scheduler.now - startedAt;
        this.checker.expect(
          ms <= STOP_MS ||
            this.redis !== undefined ||
            !wasFast ||
            !isFast() ||
            this.disk.slowFlushes > slowFlushes,
          'liveness',
          () => `a stop took ${ms} ms`,
        );
        this.checker.note(() => `${node.name} has stopped`);
        this.checker.expect(node.clock.pending === 0, 'I12', () => {
          return `a process that has stopped leaves ${node.clock.pending} timers`;
        });
        this.owners.nodeGone(node.name);
        this.#planStart(place, downMs);
      },
      (error: unknown) => this.checker.violate('I11', `stopping failed: ${String(error)}`),
    );
  }

  moveClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
    for (const node of this.nodes) node.clock.wallOffsetMs = this.#wallOffsetMs;
  }

  /** Copies the disk, as soon as it is quiet. */
  backup(): void {
    if (!this.disk.quiet) {
      this.scheduler.after(1, () => this.backup());
      return;
    }
    const [disk, reference] = [this.disk.backup(), this.reference.backup()];
    const takenAt = this.scheduler.now;
    this.#putBack = () => {
      disk();
      reference();
      for (const { page } of this.clients.tabs) page.onRestored(takenAt, this.#nodes);
    };
  }

  /** Restores the newest back-up: later data is lost. */
  restore(downMs: number): void {
    if (!this.#putBack) return;
    this.killNode(false, downMs);
    this.#putBack();
    this.#sessionWatch.putBack(true);
  }

  #planStart(place: Place, downMs: number): void {
    place.downUntil = this.scheduler.now + downMs;
    this.scheduler.after(downMs, () => this.#start(place));
  }

  #makeRedis({ replicas }: ClusterPlan) {
    const { scheduler, reference, checker } = this;
    const sim = new SimRedis({
      scheduler,
      replicas,
      random: this.random.fork('redis'),
      onWritten: (keys) => watch.written(keys),
      onPutBack: () => {
        checker.note(() => 'a replica has taken over');
        watch.putBack(replicas === 0);
      },
    });
    const watch: RedisWatch = new RedisWatch({
      reference,
      checker,
      keys: sim.keys,
      data: () => sim.server.data,
      sessions: this.#sessionWatch,
    });
    return { sim, watch };
  }

  async #authorize(
    client: string,
    token: string | undefined,
    clock: ProcessClock,
  ): Promise<AuthorizeAnswer> {
    if (this.authorizing === 'outage') throw new Error('The user database does not answer');
    if (this.authorizing === 'slow') await clock.sleep(this.random.between(1, 400));
    if (this.permissions.isRevoked(client)) return false;
    const { grantMs } = this.scenario;
    // A page's token is the time at which it was issued; v1 knows no tokens.
    if (token === undefined) return grantMs === null || EVERYBODY;
    if (Number(token) < this.tokensFrom) return { denied: 'expired' };
    if (grantMs === null) return true;
    const isCalm = this.scheduler.now >= this.scenario.calmAt;
    const expires_at = this.#grantEnds.get(token) ?? clock.wall() + grantMs;
    if (!isCalm) this.#grantEnds.set(token, expires_at);
    return isCalm ? EVERYBODY : { ...EVERYBODY, expires_at };
  }

  /** A failed handler is a bug; a failed store or `authorize` is an injected fault. */
  #onError(name: string, message: string): void {
    this.checker.note(() => `${name} logs: ${message}`);
    const expected =
      /EIO|user database|ERR_STORE_FAILED|write to the store failed/.test(message) ||
      (this.redis !== undefined &&
        /Redis does not answer|store does not know|are missing from the log/.test(message));
    this.checker.expect(expected || /model is out of order/.test(message), 'I11', () => message);
  }
}

const UNSTEADY: ReadonlySet<string> = new Set(['clock', 'freeze_node']);

/** A grant with an end names a user. One user has all pages, so that a copied tab finds its session. */
const EVERYBODY = { user_id: 'everybody' } as const;

const pingIntervalOf = ({ pings }: Scenario): number => (pings ? PING_INTERVAL_MS : NEVER_MS);

function settingsOf(scenario: Scenario): SessionSettings {
  const { window, frame, idle, retentionEvents, sessionTtlMs, connectionWindowBytes } = scenario;
  return {
    ...DEFAULT_SETTINGS,
    pingIntervalMs: pingIntervalOf(scenario),
    sessionTtlMs,
    idleAfterMs: idle.askMs,
    expireAfterMs: idle.expireMs,
    tombstoneTtlMs: 5_000,
    sweepIntervalMs: 800,
    window,
    connectionWindowBytes,
    maxFrameBytes: frame.bytes,
    maxFrameEvents: frame.events,
    retention: retentionEvents === null ? {} : { maxEvents: retentionEvents },
    frameWindowMs: scenario.frameWindowMs,
    // A turn for each frame: work takes no time here, so a budget would never be spent.
    limits: { ...DEFAULT_SETTINGS.limits, catchUpMs: 0 },
  };
}
