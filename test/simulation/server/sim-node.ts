/**
 * One server process: the real session server and a real store over a simulated disk or a simulated Redis, reached
 * through simulated sockets. It can be frozen, and killed at any time; then it does nothing any more.
 */

import type { Authorize } from '../../../packages/server/src/access/authorize.js';
import type { SessionSettings } from '../../../packages/server/src/options.js';
import type { Responder } from '../../../packages/server/src/responders/responder.js';
import { SessionServer } from '../../../packages/server/src/session-server.js';
import type { LogStore, Store, ThreadHead } from '../../../packages/server/src/stores/store.js';
import type { Entropy } from '../../../packages/server/src/util/clock.js';
import { type ReadFaults, withFaultyReads } from '../disk/faulty-reads.js';
import { encodePacket } from '../network/packets.js';
import type { Wire } from '../network/wire.js';
import type { NodeLinks } from '../redis/sim-redis.js';
import { Life } from '../time/life.js';
import { ProcessClock } from '../time/process-clock.js';
import type { Random } from '../time/random.js';
import type { Scheduler } from '../time/scheduler.js';
import { EngineSocket } from './engine-socket.js';
import { ServerSocket, SocketServer, type SocketWatch } from './server-socket.js';

export interface NodeDeps {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly openStore: (process: StoreProcess) => Promise<Store>;
  /** Whether no other node uses the store. */
  readonly exclusive: boolean;
  readonly settings: SessionSettings;
  readonly reads: ReadFaults;
  readonly authorize: Authorize;
  readonly respond: (clock: ProcessClock) => Responder;
  readonly watch: SocketWatch;
  /** The process ends by itself: its disk has failed. */
  readonly onEnd: (reason: string) => void;
  /** A thread is being trimmed. */
  readonly onTrim: (thread_id: string, head: ThreadHead) => void;
  /** The process has logged an error. */
  readonly onError: (message: string) => void;
}

/** What a store gets of its process. */
export interface StoreProcess {
  readonly life: Life;
  readonly clock: ProcessClock;
  readonly entropy: Entropy;
  readonly random: Random;
  /** Called with its connections to Redis. */
  readonly onLinks: (links: NodeLinks) => void;
}

interface Visitor {
  readonly wire: Wire;
  readonly engine: EngineSocket;
  readonly socket?: ServerSocket;
}

/** As long as those of Socket.IO. */
const SOCKET_ID_LENGTH = 20;

export class SimNode {
  readonly name: string;
  readonly life: Life;
  readonly clock: ProcessClock;
  readonly #deps: NodeDeps;
  readonly #io = new SocketServer();
  readonly #visitors = new Set<Visitor>();
  #links: NodeLinks | undefined;
  #store: Store | undefined;
  #sessions: SessionServer | undefined;
  #state: 'starting' | 'listening' | 'stopping' | 'ended' = 'starting';
  #sockets = 0;

  constructor(deps: NodeDeps) {
    this.#deps = deps;
    this.name = deps.name;
    this.life = new Life(deps.scheduler);
    this.clock = new ProcessClock(deps.scheduler, this.life);
    // As in the command: a server that cannot start logs why and exits.
    this.#start().catch((error: unknown) => {
      if (this.#state !== 'ended') deps.onEnd(String(error));
    });
  }

  get state(): 'starting' | 'listening' | 'stopping' | 'ended' {
    return this.#state;
  }

  /** The session server, while the process serves. */
  get sessions(): SessionServer | undefined {
    return this.#state === 'ended' ? undefined : this.#sessions;
  }

  /** Its connections to Redis, if it has any. */
  get redis(): NodeLinks | undefined {
    return this.#state === 'ended' ? undefined : this.#links;
  }

  get store(): Store | undefined {
    return this.#state === 'ended' ? undefined : this.#store;
  }

  /** Connections that this end considers open. */
  get visitors(): number {
    return this.#visitors.size;
  }

  /** A client has connected. */
  accept(wire: Wire, transport: 'polling' | 'websocket', auth: string): EngineSocket {
    const { scheduler, random } = this.#deps;
    const engine = new EngineSocket(wire, transport, scheduler, random, this.life);
    const visitor = { wire, engine };
    this.#visitors.add(visitor);
    engine.on('close', () => this.#visitors.delete(visitor));
    engine.once('data', () => this.#join(engine, auth));
    return engine;
  }

  /** SIGKILL. The machine stays and resets open connections, or (`silently`) it is gone, too. */
  kill(silently: boolean): void {
    if (this.#state === 'ended') return;
    this.#end(silently);
    for (const { wire, engine } of this.#visitors) {
      engine.die();
      if (silently) wire.blackHole('both');
      else wire.cut('client');
      wire.closeServerSilently();
    }
    this.#visitors.clear();
  }

  /** SIGTERM: drains, says goodbye, finishes its writes, exits. */
  async stop(drainMs: number): Promise<void> {
    const [sessions, store] = [this.#sessions, this.#store];
    if (this.#state !== 'listening' || !sessions || !store) return;
    this.#state = 'stopping';
    await sessions.drain(drainMs);
    await sessions.close();
    for (const { engine } of [...this.#visitors]) engine.close(true);
    await store.close();
    this.#end();
  }

  async #start(): Promise<void> {
    const { openStore, random, settings, name, onEnd, onError, reads, authorize } = this.#deps;
    const entropy = entropyOf(random);
    const load = random.fork('load');
    const { clock, life } = this;
    const onLinks = (links: NodeLinks) => {
      this.#links = links;
    };
    const opened = await openStore({ clock, entropy, life, random: load, onLinks });
    opened.onFailure((error) => onEnd(error.message));
    const store = watchTrims(opened, this.#deps.onTrim);
    this.#store = store;
    this.#sessions = new SessionServer(this.#io, {
      store: withFaultyReads(store, reads, clock, random),
      authorize,
      responder: this.#deps.respond(clock),
      settings,
      node: name,
      exclusive: this.#deps.exclusive,
      clock,
      entropy,
      busy: () => load.next(),
      logger: {
        debug: () => {},
        info: () => {},
        warn: () => {},
        error: (fields, message) => onError(`${message}: ${describe(fields)}`),
      },
    });
    this.#state = 'listening';
  }

  /** The client joins the namespace. */
  #join(engine: EngineSocket, auth: string): void {
    if (this.#state !== 'listening') return;
    this.#sockets += 1;
    const name = `${this.#deps.name}-socket-`;
    const id = name + String(this.#sockets).padStart(SOCKET_ID_LENGTH - name.length, '0');
    const socket = new ServerSocket(
      id,
      this.#deps.name,
      engine,
      { client: auth },
      this.#deps.watch,
    );
    engine.write(encodePacket({ type: 'connect', data: { sid: id } }));
    this.#io.connect(socket);
  }

  #end(silently = false): void {
    this.#state = 'ended';
    this.life.end(silently);
  }
}

/** Calls `onTrim` with a log's new base as soon as the store knows it. */
function watchTrims(store: Store, onTrim: NodeDeps['onTrim']): Store {
  const { logs } = store;
  const trim: typeof logs.trim = (thread_id, ...rest) => {
    const trimmed = logs.trim(thread_id, ...rest);
    logs.head(thread_id).then(
      (head) => head && onTrim(thread_id, head),
      () => {},
    );
    return trimmed;
  };
  const delegated: LogStore = {
    open: (...args) => logs.open(...args),
    head: (...args) => logs.head(...args),
    read: (...args) => logs.read(...args),
    locate: (...args) => logs.locate(...args),
    threads: (...args) => logs.threads(...args),
    append: (...args) => logs.append(...args),
    compact: (...args) => logs.compact(...args),
    delete: (...args) => logs.delete(...args),
    forget: (...args) => logs.forget(...args),
    forgetIdle: (...args) => logs.forgetIdle(...args),
    follow: (...args) => logs.follow(...args),
    takeChanged: (limit) => logs.takeChanged(limit),
    trim,
  };
  return { ...store, logs: delegated };
}

const entropyOf = (random: Random): Entropy => ({
  token: (bytes) => random.name(Math.ceil((bytes * 8) / 6)),
  fraction: () => random.next(),
});

function describe(fields: object): string {
  const { err } = fields as { err?: unknown };
  return err instanceof Error ? err.message : JSON.stringify(fields);
}
