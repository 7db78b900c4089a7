/**
 * The sessions of v1 clients while they are on a connection: one per connection, for one thread at a time. The server
 * handles a v1 client's events in order: many clients register and ask for missed messages at once.
 */

import {
  type Result,
  refused,
  SERVER_EVENTS,
  type V1DebugStatus,
  type V1Ping,
  type V1Pong,
  type V1RegisterSession,
} from '@session-monitor/protocol';
import { notRegistered } from '@session-monitor/protocol/rules';
import type { DisconnectHandler } from '../sessions/disconnect-handler.js';
import { storeFault } from '../sessions/faults.js';
import { KeyedMutex } from '../sessions/keyed-mutex.js';
import type { RegistrarDeps } from '../sessions/registrar.js';
import type { Peer, Session } from '../sessions/session.js';
import type { SessionIndex } from '../sessions/session-index.js';
import { isoTime } from '../util/iso-time.js';
import { PositionSaver } from './position-saver.js';
import { type V1Grant, V1Registrar } from './registrar.js';

/** A client's request for missed messages, until all of them are sent. */
interface Request {
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
}

export class V1Sessions {
  readonly #deps: RegistrarDeps;
  readonly #sessionIndex: SessionIndex;
  readonly #disconnects: DisconnectHandler;
  readonly #registrar: V1Registrar;
  readonly #saver: PositionSaver;
  readonly #turns = new KeyedMutex();
  readonly #requests = new WeakMap<Session, Request>();

  constructor(deps: RegistrarDeps, sessionIndex: SessionIndex, disconnects: DisconnectHandler) {
    this.#deps = deps;
    this.#sessionIndex = sessionIndex;
    this.#disconnects = disconnects;
    this.#registrar = new V1Registrar(deps, sessionIndex, (session) => this.#answer(session));
    this.#saver = new PositionSaver(deps, () => this.#all());
  }

  /** The connection's v1 session. */
  of(peer: Peer): Session | undefined {
    return this.#sessionIndex.of(peer).find(({ record }) => record.dialect === 1);
  }

  /** Records that a packet has arrived over the connection. */
  heard(peer: Peer): void {
    this.of(peer)?.touch(this.#deps.clock.now());
  }

  /** Runs `work` after the connection's earlier requests. */
  inTurn<T>(peer: Peer, work: () => Promise<T>): Promise<T> {
    return this.#turns.run([peer.id], work);
  }

  /** Registers for a thread and leaves the former one. The caller is authorised as `user_id`. */
  async register(
    peer: Peer,
    request: V1RegisterSession,
    user_id: string | null,
  ): Promise<Result<V1Grant>> {
    const current = this.of(peer);
    const { thread_id } = request;
    if (current?.record.thread_id === thread_id && current.record.user_id === user_id) {
      return { ok: true, value: this.#registrar.again(current) };
    }
    try {
      if (current) await this.#leave(current);
      const granted = this.#registrar.register(peer, request, user_id);
      const value = await this.#disconnects.until(granted);
      this.#saver.start();
      // The connection may have gone while the session was written.
      const registered = this.of(peer);
      if (peer.closed && registered) await this.#leave(registered);
      return { ok: true, value };
    } catch (error) {
      return refused(storeFault(this.#deps.logger, error, 'register'));
    }
  }

  /** Ends the connection's following of its thread. */
  async #leave(session: Session): Promise<void> {
    this.#sessionIndex.remove(session);
    await this.#disconnects.disconnected(session, 'left');
  }

  ping(peer: Peer, { thread_id, client_info }: V1Ping): V1Pong {
    const { clock, trace } = this.#deps;
    const session = this.of(peer);
    if (session) {
      session.pingedAt = clock.now();
      session.clientInfo = client_info ?? session.clientInfo;
      const { thread_id, user_id } = session.record;
      const ids = { session_id: session.id, thread_id, user_id };
      const { acknowledged: offset } = session.pump;
      trace('ping', { ...ids, connection: peer.id, offset, head: session.log.head.offset });
    }
    return {
      pong: true,
      timestamp: isoTime(clock.wall()),
      session_id: peer.id,
      thread_id: session?.record.thread_id ?? thread_id ?? null,
      transport: peer.transport,
    };
  }

  /** Sends the missed events and then reports their number, or reports that there are none. */
  requestMissed(peer: Peer, thread_id: string): Result<object> {
    const session = this.of(peer);
    if (session?.record.thread_id !== thread_id) return refused(notRegistered(peer.id));
    const { pump, log } = session;
    const { epoch, offset: to } = log.head;
    const asked = this.#requests.get(session);
    const from = asked?.epoch === epoch ? asked.from : epoch === pump.epoch ? pump.sent : 0;
    if (from >= to) {
      peer.notify(SERVER_EVENTS.missedMessagesStatus, { status: 'none', thread_id });
    } else {
      // One answer for all requests meanwhile.
      this.#requests.set(session, { epoch, from, to });
      pump.wake();
    }
    return { ok: true, value: {} };
  }

  /** The facts that a client may see: its own session and thread, and nothing of others (I10). */
  status(peer: Peer): V1DebugStatus {
    const session = this.of(peer);
    const thread_id = session?.record.thread_id ?? null;
    return {
      session_id: peer.id,
      thread_id,
      session_count: session ? 1 : 0,
      thread_counts: session && thread_id !== null ? { [thread_id]: session.log.subscribers } : {},
      is_registered: session !== undefined,
      timestamp: isoTime(this.#deps.clock.wall()),
    };
  }

  /** Stops saving. Resolves when the save under way has ended. */
  stop(): Promise<void> {
    return this.#saver.stop();
  }

  #answer(session: Session): void {
    const request = this.#requests.get(session);
    const { epoch, sent } = session.pump;
    // After an erasure the requested events are gone: answer at once.
    if (!request || (request.epoch === epoch && request.to > sent)) return;
    this.#requests.delete(session);
    session.peer.notify(SERVER_EVENTS.missedMessagesDelivered, {
      thread_id: session.record.thread_id,
      count: request.to - request.from,
    });
  }

  *#all(): Generator<Session> {
    for (const session of this.#sessionIndex.connected())
      if (session.record.dialect === 1) yield session;
  }
}
