/**
 * The sessions of this node: the way in for connections. Registration is the registrar's work; here
 * is what a session does while it is on a connection, and how it leaves.
 */

import {
  type Fault,
  fault,
  type LeaveSession,
  LIMITS,
  type Ping,
  type Pong,
  type RegisterSession,
  type Result,
  refused,
  type ThreadAck,
  type ThreadResume,
} from '@session-monitor/protocol';
import { asError } from '../errors.js';
import type { SessionRecord } from '../stores/store.js';
import { AttachedSessions } from './attached.js';
import { deriveSessionId } from './identity.js';
import { KeyedMutex } from './keyed-mutex.js';
import { type Grant, Registrar, type RegistrarParts } from './registrar.js';
import type { Peer, Session } from './session.js';

/** Records that `recover` reads at a time. */
const PAGE = 500;

export class Registry {
  readonly #parts: RegistrarParts;
  readonly #attached = new AttachedSessions();
  readonly #registrar: Registrar;
  readonly #mutex = new KeyedMutex();
  /** How many registrations of a connection are under way. */
  readonly #asking = new Map<Peer, number>();
  /** Registrations and departures that are being written. */
  readonly #writing = new Set<Promise<unknown>>();

  constructor(parts: RegistrarParts) {
    this.#parts = parts;
    this.#registrar = new Registrar(parts, this.#attached);
  }

  /** How many sessions a connection carries now. */
  get size(): number {
    return this.#attached.size;
  }

  connected(): Iterable<Session> {
    return this.#attached.all();
  }

  /** Registers a session for a thread. The caller has been authorised as `user_id`. */
  async register(
    peer: Peer,
    request: RegisterSession,
    user_id: string | null,
  ): Promise<Result<Grant>> {
    const asking = this.#asking.get(peer) ?? 0;
    if (this.#attached.of(peer).length + asking >= LIMITS.maxSessionsPerConnection) {
      const message = `A connection follows at most ${LIMITS.maxSessionsPerConnection} threads.`;
      return refused(fault('limit_reached', message));
    }
    this.#asking.set(peer, asking + 1);
    const own = deriveSessionId(request.thread_id, user_id, request.instance, 0);
    const keys = request.session_id ? [own, request.session_id] : [own];
    try {
      const registered = this.#mutex.run(keys, async () => {
        const granted = await this.#registrar.register({ peer, request, user_id });
        // The connection may have gone while the session was written.
        if (peer.closed) await this.detach(peer, 'closed while registering');
        return granted;
      });
      return await this.#until(registered);
    } catch (error) {
      return refused(this.#unavailable('register', error));
    } finally {
      const left = (this.#asking.get(peer) ?? 1) - 1;
      if (left > 0) this.#asking.set(peer, left);
      else this.#asking.delete(peer);
    }
  }

  /** Goes on from another cursor on the same connection. */
  async resume(peer: Peer, request: ThreadResume): Promise<Result<Grant>> {
    const session = this.owned(peer, request.session_id);
    if (!session) return refused(notRegistered(request.session_id));
    session.heardAt = this.#parts.clock.now();
    try {
      const value = await this.#registrar.resume(session, request);
      const still = this.owned(peer, request.session_id) === session;
      return still ? { ok: true, value } : refused(notRegistered(request.session_id));
    } catch (error) {
      return refused(this.#unavailable('resume', error));
    }
  }

  /** The session, if this connection owns it. */
  owned(peer: Peer, session_id: string): Session | undefined {
    return this.#attached.ownedBy(peer, session_id);
  }

  /** Takes note of how far a client has come. What a former owner still sends changes nothing (I6). */
  acknowledge(peer: Peer, ack: ThreadAck): void {
    const session = this.owned(peer, ack.session_id);
    if (session?.record.generation !== ack.generation) return;
    session.heardAt = this.#parts.clock.now();
    session.pump.acknowledge(ack.epoch, ack.offset);
  }

  ping(peer: Peer, ping: Ping): Pong {
    this.acknowledge(peer, ping);
    const session = this.owned(peer, ping.session_id);
    return {
      pong: true,
      timestamp: new Date(this.#parts.clock.wall()).toISOString(),
      session_id: ping.session_id,
      thread_id: session?.record.thread_id ?? '',
      transport: peer.transport,
      owner: session?.record.generation === ping.generation,
      head: session?.log.head.offset ?? 0,
      sent: session?.pump.sent ?? 0,
      waiting: session?.pump.waiting ?? null,
    };
  }

  /** The client follows the thread no more. Like a lost connection, for this session only. */
  leave(peer: Peer, { session_id, generation }: LeaveSession): void {
    const session = this.owned(peer, session_id);
    if (session?.record.generation !== generation) return;
    this.#attached.remove(session);
    void this.#until(this.#disconnected(session, 'left'));
  }

  /** The connection is gone: its sessions can be resumed until their time is up. Never rejects. */
  detach(peer: Peer, reason: string): Promise<void> {
    const sessions = this.#attached.of(peer);
    for (const session of sessions) this.#attached.remove(session);
    const written = sessions.map((session) => this.#disconnected(session, reason));
    return this.#until(Promise.all(written)).then(() => {});
  }

  /** Resolves when every registration and departure so far has been written. */
  async settled(): Promise<void> {
    while (this.#writing.size > 0) await Promise.allSettled(this.#writing);
  }

  /** Keeps a write in mind until it has ended. */
  async #until<T>(write: Promise<T>): Promise<T> {
    this.#writing.add(write);
    try {
      return await write;
    } finally {
      this.#writing.delete(write);
    }
  }

  /**
   * At start: sessions that a former process of this store left as connected have been disconnected
   * since now. Resolves with their number.
   */
  async recover(): Promise<number> {
    let recovered = 0;
    for (let after = ''; ; ) {
      const page = await this.#parts.store.sessions.list(after, PAGE);
      const last = page.at(-1);
      if (!last) return recovered;
      const left = page.filter(({ state }) => state === 'connected');
      await Promise.all(left.map((record) => this.#markDisconnected(record)));
      recovered += left.length;
      after = last.session_id;
    }
  }

  async #disconnected({ record, pump, peer }: Session, reason: string): Promise<void> {
    const { session_id, thread_id } = record;
    const { acknowledged, sent } = pump;
    const connection = peer.id;
    const position = { acknowledged, sent };
    this.#parts.trace('disconnect', { session_id, thread_id, connection, reason, ...position });
    await this.#markDisconnected(record);
  }

  async #markDisconnected(record: SessionRecord): Promise<void> {
    const { clock, settings, store } = this.#parts;
    const since = clock.wall();
    const due_at = since + settings.sessionTtlMs;
    const disconnected: SessionRecord = { ...record, state: 'disconnected', since, due_at };
    try {
      // After a newer registration the generation is higher, and this changes nothing (I6).
      await store.sessions.put(disconnected, record.generation);
    } catch (error) {
      this.#unavailable('disconnect', error);
    }
  }

  #unavailable(what: string, error: unknown): Fault {
    this.#parts.logger.error({ err: asError(error), what }, 'The store cannot answer');
    return fault('unavailable', 'The store cannot answer at the moment. Try again.');
  }
}

export const notRegistered = (session_id: string): Fault =>
  fault('not_registered', `Session '${session_id}' is not on this connection. Register it first.`);
