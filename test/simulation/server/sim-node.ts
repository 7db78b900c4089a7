/**
 * One server process: the real session server and the real embedded store over a simulated disk, reached
 * through simulated sockets. It can be killed at any time; then it does nothing any more.
 */

import type { Authorize } from '../../../packages/server/src/access/authorize.js';
import type { SessionSettings } from '../../../packages/server/src/options.js';
import type { Responder } from '../../../packages/server/src/responders/responder.js';
import { SessionServer } from '../../../packages/server/src/session-server.js';
import { assembleStore } from '../../../packages/server/src/stores/lmdb/assemble.js';
import type { LogStore, Store, ThreadHead } from '../../../packages/server/src/stores/store.js';
import type { Entropy } from '../../../packages/server/src/util/clock.js';
import type { Disk } from '../disk/disk.js';
import { type ReadFaults, withFaultyReads } from '../disk/faulty-reads.js';
import { encodePacket } from '../network/packets.js';
import type { Wire } from '../network/wire.js';
import { ProcessClock } from '../time/process-clock.js';
import type { Random } from '../time/random.js';
import type { Scheduler } from '../time/scheduler.js';
import { EngineSocket } from './engine-socket.js';
import { ServerSocket, SocketServer, type SocketWatch } from './server-socket.js';

export interface NodeDeps {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly disk: Disk;
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

interface Visitor {
  readonly wire: Wire;
  readonly engine: EngineSocket;
  readonly socket?: ServerSocket;
}

/** As long as those of Socket.IO. */
const SOCKET_ID_LENGTH = 20;

export class SimNode {
  readonly clock: ProcessClock;
  readonly #deps: NodeDeps;
  readonly #io = new SocketServer();
  readonly #visitors = new Set<Visitor>();
  #store: Store | undefined;
  #sessions: SessionServer | undefined;
  #state: 'starting' | 'listening' | 'stopping' | 'ended' = 'starting';
  #sockets = 0;

  constructor(deps: NodeDeps) {
    this.#deps = deps;
    this.clock = new ProcessClock(deps.scheduler);
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
    const engine = new EngineSocket(wire, transport, scheduler, random);
    const visitor = { wire, engine };
    this.#visitors.add(visitor);
    engine.on('close', () => this.#visitors.delete(visitor));
    engine.once('data', () => this.#join(engine, auth));
    return engine;
  }

  /** SIGKILL. The machine stays and resets open connections, or (`silently`) it is gone, too. */
  kill(silently: boolean): void {
    if (this.#state === 'ended') return;
    this.#end();
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
    const { disk, random, settings, name, onEnd, onError, reads, authorize } = this.#deps;
    const entropy = entropyOf(random);
    const load = random.fork('load');
    const { clock } = this;
    const opened = await assembleStore({
      environment: disk.open(),
      clock,
      entropy,
      turn: () => new Promise((resolve) => clock.after(0, resolve)),
      // As on a server that is sometimes busy.
      pause: () =>
        load.chance(0.2)
          ? new Promise((resolve) => clock.after(load.between(0, 6), resolve))
          : undefined,
      // Small and frequent steps, so that crashes fall in between.
      pace: { roundBytes: 2_000, roundBatches: 12, stepBytes: 400, stepBatches: 3 },
    });
    opened.onFailure((error) => onEnd(error.message));
    const store = watchTrims(opened, this.#deps.onTrim);
    this.#store = store;
    this.#sessions = new SessionServer(this.#io, {
      store: withFaultyReads(store, reads, clock, random),
      authorize,
      responder: this.#deps.respond(clock),
      settings,
      node: name,
      exclusive: true,
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
    const socket = new ServerSocket(id, engine, { client: auth }, this.#deps.watch);
    engine.write(encodePacket({ type: 'connect', data: { sid: id } }));
    this.#io.connect(socket);
  }

  #end(): void {
    this.#state = 'ended';
    this.clock.stop();
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
