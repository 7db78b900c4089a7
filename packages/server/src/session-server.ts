/** The session server: keeps the sessions, threads and runs of a Socket.IO server. */

import {
  type Fault,
  fault,
  HTTP_PATH_PATTERN,
  type Json,
  parseThreadChange,
  parseThreadId,
  parseThreadsQuery,
  type Result,
  SERVER_EVENTS,
  type ThreadChange,
  type ThreadSummary,
  type ThreadsPage,
  type ThreadsQuery,
} from '@session-monitor/protocol';
import type { Socket } from 'socket.io';
import type { Authorize } from './access/authorize.js';
import type { OriginCheck } from './access/origin-check.js';
import { PermissionCheck } from './access/permission-check.js';
import { type Clock, type Entropy, systemClock, systemEntropy } from './clock.js';
import { ServerError, unwrap } from './errors.js';
import { Membership } from './nodes/membership.js';
import { watchLoop } from './observe/loop.js';
import { createTrace, type Logger, silentLogger, type Trace } from './observe/trace.js';
import { DEFAULT_SETTINGS, type Mode, type SessionSettings } from './options.js';
import type { Producer, Responder } from './responders/responder.js';
import { type MessageOptions, messageRequest, type RunMessage } from './runs/message-request.js';
import { Run } from './runs/run.js';
import type { RunRequest } from './runs/run-id.js';
import { type RunSummary, Runs } from './runs/runs.js';
import { forgetSessions } from './sessions/forget-sessions.js';
import { NO_OTHER_NODES } from './sessions/registrar.js';
import { Registry } from './sessions/registry.js';
import { Sweeper } from './sessions/sweeper.js';
import { createAcceptor } from './socketio/accept.js';
import type { Connection } from './socketio/connection.js';
import { handOver } from './socketio/hand-over.js';
import type { Store } from './stores/store.js';
import { FramePacer } from './threads/frame-pacer.js';
import { type HistoryOptions, readHistory, type Turn } from './threads/history.js';
import {
  checkEphemeral,
  type PublishOptions,
  publish,
  requireThreadId,
} from './threads/publish.js';
import { type LogEntry, type ReadOptions, readLog } from './threads/read-log.js';
import { ThreadList } from './threads/thread-list.js';
import { Threads } from './threads/threads.js';

export interface SessionServerOptions {
  /** Where logs, sessions and runs live. Closed by whoever made it, after the session server. */
  readonly store: Store;
  /** Who may do what. Required: `() => true` says that everybody may do everything. */
  readonly authorize: Authorize;
  /** Produces the replies to messages (`POST /havefun`, `sendMessage`). Without one those are refused. */
  readonly responder?: Responder;
  readonly settings?: Partial<SessionSettings>;
  /** Pino, or anything like it. Default: warnings and errors go to the console. */
  readonly logger?: Logger;
  /** This process's name in receipts and traces. Random if left out. */
  readonly node?: string;
  /**
   * Nobody else speaks on this Socket.IO server: the sender of an event that nobody listens to is told
   * so, and a peer that asks and asks but never reads is disconnected. Off by default: on your own
   * server such events, and such heaps of packets, may be yours.
   */
  readonly exclusive?: boolean;
  /**
   * Origins of pages that may connect and post, besides the server's own: `https://chat.example.com`. Default: those
   * that the option `cors` of the Socket.IO server lists.
   */
  readonly origins?: readonly string[];
  /**
   * In development pages of other ports of this machine may connect and post, too. Default: `production` if NODE_ENV
   * says so, else `development`.
   */
  readonly mode?: Mode;
  /** Whether the log names the addresses of clients. Default true. */
  readonly logAddresses?: boolean;
  readonly clock?: Clock;
  readonly entropy?: Entropy;
  /** The share of its time, 0 to 1, that the event loop was busy since it was asked last; measured if left out. */
  readonly busy?: () => number;
}

/** Some come back twice: whoever takes them first may be about to stop, or have no time for them. */
const ASKED_OF_CEILING = 0.8;

/** What is held in memory at the moment; all zero when everyone has left (I12). */
export interface SessionServerStats {
  readonly connections: number;
  readonly sessions: number;
  readonly threads: number;
  readonly runs: number;
}

/** The Socket.IO server, or the namespace, that sessions are attached to. */
export interface Endpoint {
  on(event: 'connection', listener: (socket: Socket) => void): unknown;
  off(event: 'connection', listener: (socket: Socket) => void): unknown;
  /** Whether it uses Socket.IO's default parser, so that packets may be written ready-made. */
  readonly readyMade: boolean;
  /** What the paths of Socket.IO's own requests begin with: `/socket.io/`. */
  readonly path: string;
  readonly originCheck: OriginCheck;
  /** Requests for connections that this node does not have. */
  readonly strays: { readonly count: number };
  /** The sessions are closed: others may be attached. */
  release(): void;
}

/** What the HTTP routes need of it, besides what everybody may use. */
export interface SessionServerInternals {
  readonly store: Store;
  readonly registry: Registry;
  readonly connections: ReadonlyMap<string, Connection>;
  readonly threads: Threads;
  readonly threadList: ThreadList;
  readonly runs: Runs;
  readonly permissions: PermissionCheck;
  readonly trace: Trace;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly settings: SessionSettings;
  readonly endpoint: Pick<Endpoint, 'path' | 'originCheck' | 'strays' | 'release'>;
  /** The app has said that this is development: who sits at this machine may see `/debug`. */
  readonly development: boolean;
  /** Where several servers share a store. */
  readonly membership?: Membership;
}

export class SessionServer {
  /** Resolves when what a former process left has been put in order. Registrations wait for it. */
  readonly ready: Promise<void>;
  /** This process's name in receipts and traces. */
  readonly node: string;
  /** @internal */
  readonly internals: SessionServerInternals;
  readonly #store: Store;
  readonly #registry: Registry;
  readonly #sweeper: Sweeper;
  readonly #membership: Membership | undefined;
  readonly #pacer: FramePacer;
  readonly #trace: Trace;
  readonly #entropy: Entropy;
  readonly #connections = new Map<string, Connection>();
  readonly #stopListening: () => void;
  #httpPath: string | undefined;
  /** What ends the readers of programs. */
  readonly #endings = new Set<() => void>();
  #draining: Fault | undefined;
  #closing = false;

  constructor(endpoint: Endpoint, options: SessionServerOptions) {
    const logger = options.logger ?? silentLogger;
    const clock = options.clock ?? systemClock;
    const entropy = options.entropy ?? systemEntropy;
    const settings = { ...DEFAULT_SETTINGS, ...options.settings };
    const { store, authorize, logAddresses: addresses = true } = options;
    const trace = createTrace(logger, { addresses });
    const permissions = new PermissionCheck({ authorize, clock, logger });
    const threads = new Threads(store.logs);
    const node = nameNode(options.node, store, entropy);
    const busy = options.busy ?? watchLoop();
    const pacer = new FramePacer({ clock, setting: settings.frameWindowMs, busy });
    const shared = { store, threads, clock, entropy, settings, pacer, trace, logger };

    this.node = node;
    this.#store = store;
    this.#trace = trace;
    this.#entropy = entropy;
    this.#membership =
      store.nodes &&
      new Membership({
        ...{ node, nodes: store.nodes, clock, entropy, trace, logger },
        registry: () => this.#registry,
        runs: () => runs,
      });
    const others = this.#membership ?? NO_OTHER_NODES;
    const httpPath = () => this.#httpPath;
    this.#registry = new Registry({ ...shared, node, others, httpPath });
    const runs = new Runs({ ...shared, responder: options.responder, node });
    this.#sweeper = new Sweeper({ ...shared, node, registry: this.#registry, runs });
    this.#pacer = pacer;
    const registry = this.#registry;
    const connections = this.#connections;
    this.internals = {
      ...{ store, registry, connections, threads, runs },
      threadList: new ThreadList(store.threads),
      ...{ permissions, trace, logger, clock, settings, endpoint },
      development: options.mode === 'development',
      ...(this.#membership && { membership: this.#membership }),
    };
    this.ready = this.#recover(runs);
    this.ready.catch((err: unknown) => logger.error({ err }, 'Recovery at start failed'));

    const onConnection = createAcceptor({
      ...shared,
      permissions,
      registry: this.#registry,
      connections: this.#connections,
      ready: this.ready,
      readyMade: endpoint.readyMade,
      exclusive: options.exclusive ?? false,
      closedFor: () => this.#draining,
      handingOver: () => this.handingOver,
    });
    endpoint.on('connection', onConnection);
    this.#stopListening = () => endpoint.off('connection', onConnection);
  }

  /**
   * Appends an event to a thread and resolves with its offset once it is durable. Everybody who
   * follows the thread gets it, now or when they are back.
   *
   * @param data any JSON value
   * @throws ServerError ERR_PUBLISH, ERR_PUBLISH_UNKNOWN, ERR_STORE_FAILED
   */
  publish(
    thread_id: string,
    event: string,
    data: unknown,
    options?: PublishOptions,
  ): Promise<number> {
    return publish(this.#store.logs, thread_id, event, data, options);
  }

  /**
   * Tells an event to everybody who follows a thread at this moment: typing, progress. It is not
   * appended, has no offset, is dropped where a connection does not take it at once, and is no part of a replay.
   *
   * @param data any JSON value
   * @throws ServerError ERR_PUBLISH
   */
  publishEphemeral(thread_id: string, event: string, data: Json): void {
    checkEphemeral(thread_id, event, data);
    this.#registry.whisper({ thread_id, event, data });
  }

  /**
   * Sends a user's message to a thread, as `POST /havefun` does: the responder's reply is published to everybody who
   * follows the thread. Resolves when the message is durable; the reply goes on by itself. The same `message_id` again
   * resolves with the run that there is.
   *
   * @throws ServerError ERR_BAD_MESSAGE; ERR_REFUSED (`fault` says why: no_responder, thread_busy, limit_reached,
   *   message_id_reused, draining); ERR_STORE_UNAVAILABLE
   */
  async sendMessage(
    thread_id: string,
    message: string,
    options: MessageOptions = {},
  ): Promise<Run> {
    return this.#ask(messageRequest(thread_id, message, options));
  }

  /**
   * Publishes a reply that the app itself produces, with all that a responder's reply has: `run_started` to
   * `run_finished`, `interrupted` after a crash, cancelling, compaction, a lease. The producer runs when it is the
   * message's turn, in the caller's async context; it is never called for a `message_id` that has a run already.
   *
   *     const run = await sessions.run(thread_id, { message_id, message }, async function* ({ signal }) {
   *       for await (const token of model.stream(message, { signal })) yield token;
   *     });
   *
   * @throws ServerError as `sendMessage`
   */
  async run(
    thread_id: string,
    { message, ...options }: RunMessage,
    producer: Producer,
  ): Promise<Run> {
    if (typeof producer !== 'function') {
      throw new ServerError(
        'ERR_BAD_MESSAGE',
        'The third argument of run() is a function that returns an async iterable.',
      );
    }
    const responder: Responder = (_request, context) => producer(context);
    return this.#ask({ ...messageRequest(thread_id, message, options), responder });
  }

  /**
   * Ends a run as cancelled, for everybody on the thread: the one named, or the newest that is open. Resolves with
   * whether it was cancelled; false if it had ended, or there is none.
   */
  async cancel(thread_id: string, run_id?: string): Promise<boolean> {
    requireThreadId(thread_id);
    await this.ready;
    const target =
      run_id ?? (await this.runs(thread_id)).find(({ status }) => status === 'running')?.run_id;
    if (target === undefined) return false;
    const cancelled = await this.internals.runs.cancel(thread_id, target);
    return cancelled.ok;
  }

  /** The runs of a thread that the store still has, newest first. */
  async runs(thread_id: string): Promise<readonly RunSummary[]> {
    requireThreadId(thread_id);
    await this.ready;
    return this.internals.runs.list(thread_id);
  }

  /** What was said on a thread, oldest first: the newest turns that fit into `maxBytes` (default 16 KiB of text). */
  history(thread_id: string, options?: HistoryOptions): Promise<readonly Turn[]> {
    requireThreadId(thread_id);
    return readHistory(this.#store.logs, thread_id, undefined, options);
  }

  /**
   * Reads a thread's events in order, from its beginning to its end as it is now; with `follow` also what comes, until
   * the loop is left, the signal is aborted or the server closes.
   *
   *     for await (const entry of sessions.read('my-thread')) if (entry.type === 'event') …
   */
  read(thread_id: string, options: ReadOptions = {}): AsyncIterable<LogEntry> {
    requireThreadId(thread_id);
    return this.#read(thread_id, options);
  }

  #read(log_id: string, options: ReadOptions): AsyncIterable<LogEntry> {
    const { threads } = this.internals;
    const { logs } = this.#store;
    return readLog({ threads, logs, endings: this.#endings }, log_id, options);
  }

  async #ask(request: RunRequest): Promise<Run> {
    await this.ready;
    const { runs } = this.internals;
    const { record } = unwrap(await runs.ask(request));
    return new Run(record, {
      read: (log_id, options) => this.#read(log_id, options),
      cancel: (...run) => this.cancel(...run),
      find: (run) => this.#store.runs.get(run),
    });
  }

  /**
   * Says where the HTTP routes are, so that receipts tell it to clients.
   *
   * @internal
   * @param path `/`, or like `/chat`: see `HTTP_PATH_PATTERN`
   * @throws ServerError ERR_CONFIG for another path, or if the routes are mounted already
   */
  mountHttp(path: string): void {
    if (!HTTP_PATH_PATTERN.test(path)) {
      throw new ServerError(
        'ERR_CONFIG',
        `basePath is ${JSON.stringify(path)}. Allowed: '/', or segments like '/chat', with no slash at the end and no '..'.`,
      );
    }
    if (this.#httpPath !== undefined) {
      throw new ServerError(
        'ERR_CONFIG',
        `The HTTP routes of these sessions are mounted at '${this.#httpPath}' already. Mount them once.`,
      );
    }
    this.#httpPath = path;
  }

  /**
   * Erases a thread: its log, its replies (those that are being produced end first), and the sessions that
   * are not connected. Who is connected is told `reset`, reason `deleted`, and follows the new, empty thread.
   *
   * @throws ServerError ERR_CLOSED
   */
  async deleteThread(thread_id: string): Promise<void> {
    requireThreadId(thread_id);
    await this.ready;
    // The store may be closed behind this: an erasure is whole, or is not begun.
    if (this.#closing)
      throw new ServerError('ERR_CLOSED', 'The server is closed. Nothing is erased.');
    await this.internals.runs.erase(thread_id, async () => {
      await this.#store.logs.delete(thread_id);
      await forgetSessions(this.#store.sessions, thread_id);
    });
    this.#trace('erase', { thread_id });
  }

  /**
   * Reads a page of the list of threads, newest activity first. It does not ask `authorize`.
   *
   * @param query `user_id`: only threads of this owner; leave it out for all threads. `cursor`: the `cursor` of the page
   *   before. `limit`: 1 to 200 threads, default 50
   * @throws ServerError ERR_THREAD, ERR_CLOSED
   */
  async threads(query: ThreadsQuery = {}): Promise<ThreadsPage> {
    // A missing user must not list all threads.
    if ('user_id' in query && typeof query.user_id !== 'string') {
      const problem = `user_id is ${query.user_id}. Allowed: a string; leave it out to list all threads.`;
      throw new ServerError('ERR_THREAD', problem);
    }
    const parsed = taken(parseThreadsQuery(query));
    await this.#listable();
    return this.internals.threadList.page(parsed);
  }

  /**
   * Reads a thread of the list. Resolves with undefined if the thread is not in the list.
   *
   * @throws ServerError ERR_THREAD for what is no thread id, ERR_CLOSED
   */
  async thread(thread_id: string): Promise<ThreadSummary | undefined> {
    const id = taken(parseThreadId(thread_id));
    await this.#listable();
    const found = await this.internals.threadList.get(id);
    return found.ok ? found.value : undefined;
  }

  /**
   * Changes a thread's title, metadata or owner. Enters a thread that has events and is not in the list. Resolves with
   * the changed thread once it is durable.
   *
   * @param change fields that are left out stay. `title`: 1 to 256 characters, null removes it. `metadata`: a JSON
   *   object of at most 4 KiB, replaces the former object. `user_id`: the owner, null for none
   * @throws ServerError ERR_THREAD for a change that cannot be taken; ERR_REFUSED (`fault.code` is thread_unknown) for a
   *   thread that has no event; ERR_CLOSED
   */
  async updateThread(thread_id: string, change: ThreadChange): Promise<ThreadSummary> {
    const id = taken(parseThreadId(thread_id));
    const parsed = taken(parseThreadChange(change));
    await this.#listable();
    return taken(await this.internals.threadList.update(id, parsed));
  }

  stats(): SessionServerStats {
    return {
      connections: this.#connections.size,
      sessions: this.#registry.size,
      threads: this.internals.threads.size,
      runs: this.internals.runs.size,
    };
  }

  get draining(): boolean {
    return this.#draining !== undefined;
  }

  /** Whether its clients are being handed over to other nodes: new ones should go there at once. */
  get handingOver(): boolean {
    return this.draining && (this.#membership?.others.length ?? 0) > 0;
  }

  /**
   * Takes no more registrations and no more runs, lets clients come back spread over `windowMs` (or longer, if
   * they are more than `reconnectsPerSecond`), and ends the runs. With other nodes on the store each client
   * goes on until it is its turn to change to one of them; else all are told when this server is back.
   */
  async drain(windowMs: number): Promise<void> {
    if (this.#draining) return;
    const { runs, settings } = this.internals;
    const connections = [...this.#connections.values()];
    const perSecond = settings.reconnectsPerSecond * ASKED_OF_CEILING;
    const atLeastMs = (connections.length / perSecond) * 1_000;
    const overMs = Math.max(windowMs, windowMs === 0 ? 0 : atLeastMs);
    this.#draining = drainingFault(overMs);
    this.#trace('drain', { connections: connections.length, runs: runs.size });
    runs.refuse();
    if (this.handingOver) {
      const { clock } = this.internals;
      // Who has no session yet waits for one: it goes first.
      const has = (connection: Connection) => this.#registry.of(connection).length;
      connections.sort((one, other) => has(one) - has(other));
      // Nobody is in a hurry: replies that end within the time end as they should.
      await Promise.all([handOver(connections, overMs, clock, this.#entropy), runs.idle(overMs)]);
    } else {
      for (const connection of connections) {
        const retry_after_ms = Math.round(this.#entropy.fraction() * overMs);
        connection.notify(SERVER_EVENTS.serverDraining, { retry_after_ms });
      }
    }
    await runs.close();
  }

  /**
   * Drains, ends every connection and writes what is left to write. The store stays open. A client whose
   * connection ends comes back by itself, to whoever serves then, whatever it speaks.
   */
  async close(): Promise<void> {
    await this.drain(0);
    this.#closing = true;
    for (const end of this.#endings) end();
    this.#stopListening();
    // What cannot be put in order is told by `ready`; here it only has to be over.
    await this.ready.catch(() => {});
    await this.#sweeper.stop();
    await Promise.all([...this.#connections.values()].map((each) => each.end()));
    this.#pacer.stop();
    await this.#registry.v1.stop();
    await this.#registry.settled();
    await this.internals.runs.settled();
    await this.#membership?.stop();
    this.internals.endpoint.release();
    this.internals.permissions.stop();
  }

  /** Resolves when recovery is over. @throws ServerError ERR_CLOSED: the store may be closed by then */
  async #listable(): Promise<void> {
    await this.ready;
    if (this.#closing) throw new ServerError('ERR_CLOSED', 'The server is closed.');
  }

  async #recover(runs: Runs): Promise<void> {
    if (this.#membership) await this.#membership.start();
    else {
      // Nobody else has this store: what is there was left by a former process.
      await this.#registry.recover();
      await runs.recover();
    }
    this.#sweeper.start();
  }
}

/** The value of a result. @throws ServerError ERR_THREAD for bad input, ERR_REFUSED for a thread that there is not */
function taken<T>(result: Result<T>): T {
  if (result.ok || result.fault.code === 'thread_unknown') return unwrap(result);
  const { fault } = result;
  throw new ServerError('ERR_THREAD', fault.message, { fault });
}

/** On a store that several servers share, two of one name must not be taken for each other. */
function nameNode(given: string | undefined, store: Store, entropy: Entropy): string {
  const name = given ?? `node-${entropy.token(6)}`;
  return given !== undefined && store.nodes ? `${given}-${entropy.token(4)}` : name;
}

/** What a client hears that comes while the server is on its way out. */
const drainingFault = (retry_after_ms: number): Fault =>
  fault('draining', 'The server is about to stop. Come back a little later.', { retry_after_ms });
