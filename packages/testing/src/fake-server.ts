/** A session server in memory, for the tests of apps: the test controls the server and the network. */

import type { AnyEvents, SessionMonitorOptions } from '@session-monitor/client';
import { SessionMonitor } from '@session-monitor/client';
import { type FaultCode, type ResetReason, SERVER_EVENTS } from '@session-monitor/protocol';
import { DRAINING } from '@session-monitor/protocol/rules';
import { badArgument, checkMs, checkThread } from './checks.js';
import { TestingError } from './errors.js';
import type { FakeFetch } from './fake-fetch.js';
import { type LoggedEvent, newEvent } from './fake-log.js';
import { CANCELLED } from './fake-runs.js';
import type { FakeSession } from './fake-session.js';
import type { FakeSocket } from './fake-socket.js';
import { FakeWorld } from './fake-world.js';
import {
  checkServerOptions,
  type FakeServerOptions,
  faultToGive,
  type RefuseOptions,
  type TestEvent,
} from './options.js';
import { checkReply, type Reply, type ReplyOptions } from './reply.js';

/**
 * A fake session server. It speaks protocol v2 to real monitors, without a network.
 *
 *     const server = fakeServer();
 *     const monitor = server.monitor({ thread_id: 't' }).start();
 *     server.publish('t', 'message', { delta: 'Hi' });
 *     await server.settled();
 *
 * @throws TestingError ERR_BAD_ARGUMENT
 */
export const fakeServer = (options: FakeServerOptions = {}): FakeServer => new FakeServer(options);

/** A session server in memory that a test controls. */
export class FakeServer {
  /** For `sendMessage` and `cancel`: the option `fetch` of a monitor. */
  readonly fetch: FakeFetch;
  readonly #world: FakeWorld;
  readonly #monitors: { stop(): unknown }[] = [];

  constructor(options: FakeServerOptions) {
    checkServerOptions(options);
    const { threads = {}, reply } = options;
    this.#world = new FakeWorld(options);
    this.fetch = this.#world.http.fetch;
    if (reply) this.reply(reply);
    for (const [thread_id, events] of Object.entries(threads)) this.publishMany(thread_id, events);
  }

  // --- what an app is given ---------------------------------------------------------------------

  /**
   * A socket for `new SessionMonitor(socket, { fetch: server.fetch, … }, clock)`, not connected yet.
   *
   * @throws TestingError ERR_CLOSED, as everything does that is asked of a closed server
   */
  socket(): FakeSocket {
    return this.#open.newSocket();
  }

  /**
   * A monitor as an app makes one: on a new socket unless one is given, with this server's `fetch` and clock, and
   * without a storage. `close()` stops it.
   *
   * @throws SessionMonitorError as its constructor does
   */
  monitor<AppEvents extends object = AnyEvents>(
    options: SessionMonitorOptions = {},
    socket: FakeSocket = this.socket(),
  ): SessionMonitor<AppEvents> {
    const given = { storage: null, fetch: this.fetch, ...options };
    const monitor = new SessionMonitor<AppEvents>(socket, given, this.#open.clock);
    this.#monitors.push(monitor);
    return monitor;
  }

  // --- threads ----------------------------------------------------------------------------------

  /**
   * Appends an event to a thread. The sessions that follow it get it. Returns its offset.
   *
   * @param data any JSON value
   * @throws TestingError ERR_BAD_ARGUMENT, ERR_CLOSED
   */
  publish(thread_id: string, event: string, data: unknown): number {
    return this.publishMany(thread_id, [[event, data]]);
  }

  /** Appends some in one step. Returns the offset of the last one. */
  publishMany(thread_id: string, events: readonly TestEvent[]): number {
    checkThread(thread_id);
    const checked = events.map(([event, data]) => newEvent(event, data));
    return this.#open.append(thread_id, checked);
  }

  /** Sends an event to the sessions that follow the thread now. It has no offset and is not kept. */
  publishEphemeral(thread_id: string, event: string, data: unknown): void {
    checkThread(thread_id);
    const [, copied] = JSON.parse(newEvent(event, data));
    this.#open.publishEphemeral({ thread_id, event, data: copied });
  }

  /** What a thread holds: what was published, what clients have sent, replies. */
  events(thread_id: string): readonly LoggedEvent[] {
    checkThread(thread_id);
    return this.#open.log(thread_id).events;
  }

  /** How many sessions follow a thread at this moment, as far as the server knows. */
  followers(thread_id: string): number {
    checkThread(thread_id);
    return this.#open.registry.following(thread_id).length;
  }

  /**
   * Forgets a thread's events up to an offset. Readers that lack some of them get `gap`.
   *
   * @throws TestingError ERR_BAD_ARGUMENT
   */
  trim(thread_id: string, upTo: number): void {
    checkThread(thread_id);
    const log = this.#open.log(thread_id);
    if (!(Number.isSafeInteger(upTo) && upTo >= 0 && upTo <= log.head)) {
      throw badArgument(`'${thread_id}' ends at ${log.head}: it cannot be trimmed to ${upTo}.`);
    }
    log.trim(upTo);
    for (const session of this.#open.registry.following(thread_id)) session.wake();
  }

  /**
   * Starts a thread over, with other events or none. Readers that have something of it get `reset` with the
   * reason. Replies that are being produced are cancelled.
   */
  reset(
    thread_id: string,
    reason: ResetReason = 'deleted',
    events: readonly TestEvent[] = [],
  ): void {
    checkThread(thread_id);
    const checked = events.map(([event, data]) => newEvent(event, data));
    this.#open.runs.endAll(CANCELLED, thread_id);
    this.#open.runs.forget(thread_id);
    const log = this.#open.log(thread_id);
    log.restart(reason);
    if (checked.length > 0) log.append(checked);
    const { registry } = this.#open;
    if (reason === 'deleted') registry.forget(thread_id);
    for (const session of registry.following(thread_id)) session.restarted();
  }

  /** Sets how later questions (`monitor.sendMessage`) are answered. */
  reply(reply: Reply, options: ReplyOptions = {}): void {
    checkReply(reply, options);
    this.#open.runs.script(reply, options);
  }

  // --- the network ------------------------------------------------------------------------------

  /** Breaks the connection of a socket, or all. Messages under way are lost. A cut socket comes back by itself. */
  cut(socket?: FakeSocket): void {
    for (const connection of this.#open.connectionsOf(socket)) this.#open.cut(connection);
  }

  /** Cuts all connections and refuses new ones until `up()`. */
  down(): void {
    const world = this.#open;
    world.isUp = false;
    for (const connection of world.connectionsOf()) {
      if (!connection.isEnding) world.cut(connection);
    }
  }

  up(): void {
    this.#open.isUp = true;
  }

  /**
   * Makes the existing connections half-open: nothing arrives, and neither end gets an event. Monitors find out by
   * their pings, within some 20 s, and make new connections, which work. The server finds out after 45 s.
   */
  freeze(socket?: FakeSocket): void {
    for (const connection of this.#open.connectionsOf(socket)) this.#open.freeze(connection);
  }

  /** Delivers what has waited, on the connections that are still used. */
  thaw(socket?: FakeSocket): void {
    for (const connection of this.#open.connectionsOf(socket)) this.#open.thaw(connection);
  }

  // --- sessions ---------------------------------------------------------------------------------

  /**
   * Replaces the server: clients learn when to come back, their connections end, and replies that are being
   * produced are interrupted. The next server is there at once, unless `down()` is called.
   *
   * @throws TestingError ERR_BAD_ARGUMENT
   */
  drain(retryAfterMs = 0): void {
    checkMs('retryAfterMs', retryAfterMs);
    for (const connection of this.#open.connectionsOf()) {
      connection.isEnding = true;
      connection.send(SERVER_EVENTS.serverDraining, { retry_after_ms: retryAfterMs });
      connection.toClient(() => this.#open.cut(connection));
    }
    this.#open.runs.endAll(DRAINING);
  }

  /**
   * Ends the sessions of a thread, or all. Their monitors learn of it, now or when they are back, and register
   * again where they are.
   *
   * @throws TestingError ERR_NO_TARGET
   */
  expire(thread_id?: string): void {
    const { registry } = this.#open;
    for (const session of some(registry.of(thread_id))) registry.expire(session);
  }

  /**
   * Another tab has taken over the sessions of a thread, or all. Their monitors go on in sessions of their own.
   *
   * @throws TestingError ERR_NO_TARGET
   */
  takeOver(thread_id?: string): void {
    const { registry } = this.#open;
    for (const session of some(registry.following(thread_id))) registry.takeOver(session);
  }

  /**
   * Refuses the next requests. What a monitor does follows from the code: `token_expired` and `unauthenticated` make
   * it ask its option `token` again, `authorisation` is final, `unavailable` is tried again later.
   *
   * @throws TestingError ERR_BAD_ARGUMENT
   */
  refuse(code: FaultCode, options: RefuseOptions = {}): void {
    const { request = 'register', times = 1 } = options;
    this.#open.refusals.add(request, faultToGive(code, options), times);
  }

  /** Stops refusing. */
  accept(): void {
    this.#open.refusals.clear();
  }

  /**
   * Loses the next frame of a thread, or of any: a hole, which monitors ask the server to fill.
   *
   * @throws TestingError ERR_NO_TARGET
   */
  loseFrame(thread_id?: string): void {
    for (const session of some(this.#open.registry.following(thread_id))) session.loseNext();
  }

  /**
   * Sends the newest frame of a thread, or of any, again: monitors drop it.
   *
   * @throws TestingError ERR_NO_TARGET
   */
  repeatFrame(thread_id?: string): void {
    const following = this.#open.registry.following(thread_id);
    for (const session of some(following.filter(({ hasSent }) => hasSent))) session.repeatLast();
  }

  /** Sends anything under any name, to a socket or to all: an event of your own, or a malformed one under the protocol's. */
  emit(event: string, payload?: unknown, socket?: FakeSocket): void {
    for (const connection of this.#open.connectionsOf(socket)) connection.send(event, payload);
  }

  // --- time -------------------------------------------------------------------------------------

  /**
   * Resolves when every client that can has everything: sockets are connected, monitors registered, events applied,
   * questions answered. A fake clock advances as far as it takes. This does not wait for a reply that waits for
   * the test itself, nor for any client while the server is down.
   *
   * Rejects with TestingError ERR_IN_VAIN, which says what is missing.
   *
   * @param withinMs how long that may take. Default: 4 s; with a fake clock, 10 min of its time
   */
  async settled(withinMs?: number): Promise<void> {
    await this.#open.settled(withinMs);
  }

  /** Closes the server: stops its monitors, disconnects its sockets, and leaves nothing running. */
  close(): void {
    if (this.#world.isClosed) return;
    for (const monitor of this.#monitors) monitor.stop();
    this.#world.close();
  }

  /** @throws TestingError ERR_CLOSED */
  get #open(): FakeWorld {
    if (!this.#world.isClosed) return this.#world;
    throw new TestingError('ERR_CLOSED', 'This fake server is closed. Make another one.');
  }
}

/** @throws TestingError ERR_NO_TARGET */
function some(sessions: readonly FakeSession[]): readonly FakeSession[] {
  if (sessions.length > 0) return sessions;
  const message = 'There is no session that this could happen to. Wait for settled() before.';
  throw new TestingError('ERR_NO_TARGET', message);
}
