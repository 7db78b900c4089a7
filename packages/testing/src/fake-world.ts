/** What a fake server is made of, and how its parts reach each other. What happens to it stands in `fake-server.ts`. */

import { type Environment, platform } from '@session-monitor/client';
import { SERVER_EVENTS, type ThreadEphemeral } from '@session-monitor/protocol';
import { badArgument } from './checks.js';
import { TestingError } from './errors.js';
import type { FakeClock } from './fake-clock.js';
import { FakeConnection } from './fake-connection.js';
import { FakeDialect } from './fake-dialect.js';
import { FakeHttp } from './fake-fetch.js';
import { FakeLog } from './fake-log.js';
import { FakeRegistry } from './fake-registry.js';
import { FakeRuns } from './fake-runs.js';
import type { FakeSession } from './fake-session.js';
import { type FakeNetwork, FakeSocket } from './fake-socket.js';
import type { FakeServerOptions } from './options.js';
import { Random } from './random.js';
import { Refusals } from './refusals.js';
import { turn } from './turn.js';
import { unsettled } from './unsettled.js';

/** No server listens there. */
const SERVER_URL = 'http://session-monitor.test';
/** Engine.IO gives up a connection on which nothing arrives for this long. */
const SILENCE_MS = 45_000;
/** Below a test's default limit of 5 s, so that this error says what is missing. */
const REAL_PATIENCE_MS = 4_000;
/** More than any monitor's longest wait. */
const VIRTUAL_PATIENCE_MS = 600_000;
/** More than a monitor waits between two tokens. In real time no test waits for the last of those. */
const VIRTUAL_TOKEN_PATIENCE_MS = 30_000;
const REAL_TOKEN_PATIENCE_MS = 3_000;

export class FakeWorld implements FakeNetwork {
  readonly url = SERVER_URL;
  readonly transport;
  readonly clock: FakeClock | undefined;
  readonly sockets = new Set<FakeSocket>();
  readonly refusals = new Refusals();
  readonly registry: FakeRegistry;
  readonly runs: FakeRuns;
  readonly http: FakeHttp;
  isUp = true;
  isClosed = false;
  readonly #time: Pick<Environment, 'now' | 'wall' | 'after'>;
  readonly #latencyMs: number;
  readonly #random: Random;
  readonly #logs = new Map<string, FakeLog>();
  readonly #dialect: FakeDialect;
  /** Connections that the server takes to be open, each with its socket. */
  readonly #connections = new Map<FakeConnection, FakeSocket>();
  /** For each frozen connection, what cancels its end. */
  readonly #frozen = new Map<FakeConnection, () => void>();
  /** What cancels each pending timer. */
  readonly #timers = new Set<() => void>();
  /** Resolves the waits for the next change. */
  #waiting: readonly (() => void)[] = [];

  constructor({ clock, seed = 1, latencyMs = 0, transport = 'websocket' }: FakeServerOptions) {
    this.transport = transport;
    this.clock = clock;
    this.#time = clock ?? platform;
    this.#latencyMs = latencyMs;
    const random = new Random(seed);
    this.#random = random;
    const { refusals } = this;
    const registry = new FakeRegistry({ time: this.#time, random, log: (id) => this.log(id) });
    const runs = new FakeRuns({
      random,
      append: (thread_id, event) => void this.append(thread_id, [event]),
      onEnd: (thread_id, run_id) => this.log(thread_id).compact(run_id),
      after: (ms, fn) => this.after(ms, fn),
    });
    this.registry = registry;
    this.runs = runs;
    this.http = new FakeHttp({
      runs,
      refusals,
      carry: (arrive: () => void) => this.carry(arrive),
      isUp: () => this.isUp && !this.isClosed,
    });
    this.#dialect = new FakeDialect({
      registry,
      refusals,
      time: this.#time,
      after: (ms, fn) => this.after(ms, fn),
      tokenPatienceMs: clock ? VIRTUAL_TOKEN_PATIENCE_MS : REAL_TOKEN_PATIENCE_MS,
      append: (thread_id, event, message_id) => this.append(thread_id, [event], message_id),
      isReused: (thread_id, event, message_id) => this.log(thread_id).isReused(message_id, event),
      publishEphemeral: (ephemeral, except) => this.publishEphemeral(ephemeral, except),
    });
  }

  // --- threads ----------------------------------------------------------------------------------

  log(thread_id: string): FakeLog {
    const log = this.#logs.get(thread_id) ?? new FakeLog(this.#random);
    this.#logs.set(thread_id, log);
    return log;
  }

  append(thread_id: string, events: readonly string[], message_id?: string): number {
    const offset = this.log(thread_id).append(events, message_id);
    for (const session of this.registry.following(thread_id)) session.wake();
    return offset;
  }

  publishEphemeral(ephemeral: ThreadEphemeral, except?: FakeSession): void {
    for (const session of this.registry.following(ephemeral.thread_id)) {
      if (session === except) continue;
      session.connection?.send(SERVER_EVENTS.threadEphemeral, ephemeral);
    }
  }

  // --- the network ------------------------------------------------------------------------------

  newSocket(): FakeSocket {
    const socket = new FakeSocket(this);
    this.sockets.add(socket);
    return socket;
  }

  carry(arrive: () => void): void {
    if (this.#latencyMs > 0) this.after(this.#latencyMs, arrive);
    else void Promise.resolve().then(() => this.#happens(arrive));
  }

  after(ms: number, fn: () => void): () => void {
    const stop = () => {
      cancel();
      this.#timers.delete(stop);
    };
    const cancel = this.#time.after(ms, () => {
      this.#timers.delete(stop);
      this.#happens(fn);
    });
    this.#timers.add(stop);
    return stop;
  }

  open(socket: FakeSocket): FakeConnection | undefined {
    if (!this.isUp || this.isClosed) return undefined;
    const connection = new FakeConnection({
      id: this.#random.name(),
      transport: this.transport,
      client: socket,
      carry: (arrive) => this.carry(arrive),
    });
    this.#connections.set(connection, socket);
    return connection;
  }

  joined(connection: FakeConnection): void {
    const { id: session_id, transport } = connection;
    const server_time = new Date(this.#time.wall()).toISOString();
    connection.send(SERVER_EVENTS.connected, {
      status: 'connected',
      session_id,
      transport,
      server_time,
    });
  }

  received(...message: Parameters<FakeDialect['receive']>): void {
    this.#dialect.receive(...message);
  }

  left(connection: FakeConnection): void {
    connection.close();
    this.#forget(connection);
  }

  /** Ends a connection for both ends. */
  cut(connection: FakeConnection): void {
    this.#forget(connection);
    connection.cut();
  }

  freeze(connection: FakeConnection): void {
    connection.freeze();
    if (this.#frozen.has(connection)) return;
    this.#frozen.set(
      connection,
      this.after(SILENCE_MS, () => this.cut(connection)),
    );
  }

  thaw(connection: FakeConnection): void {
    this.#unfreeze(connection);
    connection.thaw();
    this.changed();
  }

  /**
   * The connections of a socket, or all.
   *
   * @throws TestingError ERR_BAD_ARGUMENT
   */
  connectionsOf(socket?: FakeSocket): readonly FakeConnection[] {
    if (socket && !this.sockets.has(socket)) {
      throw badArgument('The socket is of another server. Make it with this one: server.socket().');
    }
    return [...this.#connections]
      .filter(([, owner]) => socket === undefined || owner === socket)
      .map(([connection]) => connection);
  }

  /** The server finds out that a connection is gone. */
  #forget(connection: FakeConnection): void {
    this.registry.leave(connection);
    this.#connections.delete(connection);
    this.#unfreeze(connection);
  }

  #unfreeze(connection: FakeConnection): void {
    this.#frozen.get(connection)?.();
    this.#frozen.delete(connection);
  }

  // --- time -------------------------------------------------------------------------------------

  /** Resolves when every client that can has everything. Rejects with TestingError ERR_IN_VAIN. */
  async settled(withinMs: number | undefined): Promise<void> {
    const { clock } = this;
    if (!clock) return this.#settledInTime(withinMs ?? REAL_PATIENCE_MS);
    const patience = withinMs ?? VIRTUAL_PATIENCE_MS;
    try {
      await clock.advanceUntil(() => this.#unsettled() === undefined, patience);
    } catch (error) {
      throw error instanceof TestingError ? this.#inVain(patience) : error;
    }
  }

  /** Lets the waits look again. */
  changed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const look of waiting) look();
  }

  close(): void {
    for (const socket of this.sockets) socket.disconnect();
    this.runs.endAll({ status: 'interrupted' });
    for (const connection of this.#connections.keys()) this.left(connection);
    this.http.close();
    for (const stop of this.#timers) stop();
    this.isClosed = true;
    this.changed();
  }

  async #settledInTime(withinMs: number): Promise<void> {
    let isLate = false;
    const cancel = this.#time.after(withinMs, () => {
      isLate = true;
      this.changed();
    });
    try {
      for (;;) {
        const change = new Promise<void>((resolve) => {
          this.#waiting = [...this.#waiting, resolve];
        });
        await turn();
        if (this.#unsettled() === undefined) return;
        if (isLate) throw this.#inVain(withinMs);
        await change;
      }
    } finally {
      cancel();
    }
  }

  #happens(what: () => void): void {
    try {
      what();
    } finally {
      this.changed();
    }
  }

  #unsettled(): string | undefined {
    const { sockets, registry, http, runs } = this;
    return unsettled({ sockets, registry, http, runs, isUp: this.isUp && !this.isClosed });
  }

  #inVain(ms: number): TestingError {
    const hint = this.clock
      ? 'Do its monitors have the same clock?'
      : 'Does it take longer, or do fake timers stand still?';
    const why = this.#unsettled() ?? 'it has settled just now';
    return new TestingError('ERR_IN_VAIN', `Not settled after ${ms} ms: ${why}. ${hint}`);
  }
}
