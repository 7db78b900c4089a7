/**
 * The sessions of this node, and the entry point for connections. The registrars register sessions; the registry serves
 * them while they are on a connection; `disconnect-handler.ts` handles their leaving.
 */

import {
  fault,
  type LeaveSession,
  LIMITS,
  type Ping,
  type Pong,
  type RegisterSession,
  type Result,
  refused,
  SERVER_EVENTS,
  type ThreadAck,
  type ThreadEphemeral,
  type ThreadResume,
} from '@session-monitor/protocol';
import { type Expiry, notRegistered, writePong } from '@session-monitor/protocol/rules';
import type { SessionRecord } from '../stores/store.js';
import { EphemeralEvent } from '../threads/ephemeral.js';
import { isoTime } from '../util/iso-time.js';
import { V1Sessions } from '../v1/sessions.js';
import { DisconnectHandler, type RecoveredPart } from './disconnect-handler.js';
import { storeFault } from './faults.js';
import { GrantWatch } from './grant-watch.js';
import { deriveSessionId } from './identity.js';
import { KeyedMutex } from './keyed-mutex.js';
import { type Application, type Grant, Registrar, type RegistrarDeps } from './registrar.js';
import { nameOf, type Peer, type Session } from './session.js';
import { SessionIndex } from './session-index.js';
import { traceFreeze, traceGrant } from './session-steps.js';

export class Registry extends SessionIndex {
  /** The sessions of clients that speak v1. */
  readonly v1: V1Sessions;
  readonly #deps: RegistrarDeps;
  readonly #registrar: Registrar;
  readonly #disconnects: DisconnectHandler;
  readonly #grants: GrantWatch;
  readonly #mutex = new KeyedMutex();
  /** The sessions that are being registered, by connection. */
  readonly #registering = new Map<Peer, Set<string>>();

  constructor(deps: RegistrarDeps) {
    super();
    this.#deps = deps;
    this.#registrar = new Registrar(deps, this);
    this.#disconnects = new DisconnectHandler(deps);
    this.#grants = new GrantWatch({
      clock: deps.clock,
      end: (session) => this.end(session, 'token_expired'),
    });
    this.v1 = new V1Sessions(deps, this, this.#disconnects);
  }

  /**
   * Registers a session for a thread. The caller has been authorised as `user_id`.
   *
   * @param mayCreate returns the refusal of a new session
   */
  async register(
    peer: Peer,
    request: RegisterSession,
    user_id: string | null,
    mayCreate?: Application['mayCreate'],
  ): Promise<Result<Grant>> {
    const own = deriveSessionId(request.thread_id, user_id, request.instance, 0);
    const keys = request.session_id ? [own, request.session_id] : [own];
    if (this.#countWith(peer, request.session_id ?? own) > LIMITS.maxSessionsPerConnection) {
      const message = `A connection follows at most ${LIMITS.maxSessionsPerConnection} threads.`;
      return refused(fault('limit_reached', message));
    }
    const register = () =>
      this.#mutex.run(keys, async () => {
        const granted = await this.#registrar.register({
          peer,
          request,
          user_id,
          mayCreate,
        });
        // The connection may have gone while the session was written.
        // mutant: a-connection-that-has-gone-keeps-its-session
        if (peer.closed) await this.detach(peer, 'closed while registering');
        return granted;
      });
    try {
      return await this.#disconnects.until(this.#during(peer, request.session_id ?? own, register));
    } catch (error) {
      return refused(storeFault(this.#deps.logger, error, 'register'));
    }
  }

  /** How many sessions the connection has with this one: those that it carries, and those that are being registered. */
  #countWith(peer: Peer, session_id: string): number {
    const carried = this.of(peer).map(({ id }) => id);
    return new Set([...carried, ...(this.#registering.get(peer) ?? []), session_id]).size;
  }

  async #during<T>(peer: Peer, session_id: string, work: () => Promise<T>): Promise<T> {
    const registering = this.#registering.get(peer) ?? new Set();
    this.#registering.set(peer, registering.add(session_id));
    try {
      return await work();
    } finally {
      registering.delete(session_id);
      if (registering.size === 0) this.#registering.delete(peer);
    }
  }

  /** Continues from another cursor on the same connection. */
  async resume(peer: Peer, request: ThreadResume): Promise<Result<Grant>> {
    const session = this.owned(peer, request.session_id);
    // A v1 session has no receipt, and no resumes.
    if (!session?.granted) return refused(notRegistered(request.session_id));
    const { session_secret } = session.granted.receipt;
    session.touch(this.#deps.clock.now());
    try {
      const value = await this.#registrar.resume(session, session_secret, request);
      const still = this.owned(peer, request.session_id) === session;
      return still ? { ok: true, value } : refused(notRegistered(request.session_id));
    } catch (error) {
      return refused(storeFault(this.#deps.logger, error, 'resume'));
    }
  }

  /** Sends an ephemeral event to the thread's current subscribers, as far as their connections take it at once. */
  publishEphemeral(ephemeral: ThreadEphemeral, except?: Session): void {
    this.deliverEphemeral(ephemeral, except);
    this.#deps.others.publishEphemeral(ephemeral);
  }

  /** The same, for the subscribers on this node. */
  deliverEphemeral(ephemeral: ThreadEphemeral, except?: Session): void {
    const { threads } = this.#deps;
    threads.get(ephemeral.thread_id)?.pass(new EphemeralEvent(ephemeral), except?.pump);
  }

  /** Records a client's acknowledgement. A former owner's acknowledgement changes nothing (I6). */
  acknowledge(peer: Peer, ack: ThreadAck): void {
    const session = this.owned(peer, ack.session_id);
    if (session?.record.generation === ack.generation) this.#heard(session, ack);
  }

  #heard(session: Session, { epoch, offset }: ThreadAck): void {
    session.acknowledge(epoch, offset, this.#deps.clock.now());
  }

  ping(peer: Peer, ping: Ping): Pong {
    const { clock, trace, store, metrics } = this.#deps;
    const session = this.owned(peer, ping.session_id);
    if (session?.record.generation === ping.generation) {
      traceFreeze(trace, session, ping, clock.now());
      this.#heard(session, ping);
      session.pingedAt = clock.now();
      session.rttMs = ping.rtt_ms ?? session.rttMs;
      if (ping.rtt_ms !== undefined) metrics.observeRoundTrip(ping.rtt_ms);
      session.clientInfo = ping.client_info ?? session.clientInfo;
      // No spread: it would be the larger part of the cost of an untraced ping.
      trace('ping', {
        session_id: session.id,
        thread_id: session.record.thread_id,
        user_id: session.record.user_id,
        connection: peer.id,
        offset: ping.offset,
        head: session.log.head.offset,
      });
    }
    const { transport } = peer;
    const pong = writePong(ping, { timestamp: isoTime(clock.wall()), transport }, session?.place);
    return store.isAvailable?.() === false ? { ...pong, degraded: true } : pong;
  }

  /** A client has answered a `system_ping`, in either dialect: its sessions of the thread are alive. */
  answered(peer: Peer, thread_id: string): void {
    const { clock, trace } = this.#deps;
    for (const session of this.of(peer)) {
      if (session.record.thread_id !== thread_id) continue;
      const { askedAt } = session.activity;
      session.touch(clock.now());
      // The question of an operator who looks at the session is no step, nor is the answer.
      if (askedAt === null) continue;
      const waited_ms = Math.round(clock.now() - askedAt);
      const ids = { session_id: session.id, thread_id, connection: peer.id };
      trace('system_ping_response', { ...ids, waited_ms });
    }
  }

  /** The client leaves the thread. Like a lost connection, for this session only; see `DisconnectHandler.left`. */
  leave(peer: Peer, { session_id, generation }: LeaveSession): void {
    const session = this.owned(peer, session_id);
    // mutant: any-generation-may-leave
    if (session?.record.generation !== generation) return;
    this.remove(session);
    void this.#disconnects.left(session);
  }

  /** The connection is gone: its sessions can be resumed until their time is up. Never rejects. */
  async detach(peer: Peer, reason: string): Promise<void> {
    const sessions = this.of(peer);
    for (const session of sessions) this.remove(session);
    await Promise.all(sessions.map((session) => this.#disconnects.disconnected(session, reason)));
  }

  /** Expires a connected session that has been silent for too long. Never rejects. */
  async expire(session: Session, expiry: Expiry): Promise<void> {
    const { peer, id: session_id } = session;
    this.remove(session);
    peer.notify(SERVER_EVENTS.sessionExpired, { session_id: nameOf(session), ...expiry });
    await this.#disconnects.expired(session, expiry);
    // A v1 client does not know that event. After a reconnect it registers again.
    if (session.record.dialect === 1 && this.get(session_id) === undefined) peer.drop();
  }

  /** Until then the session is served without another question to `authorize`; in milliseconds since 1970. */
  serveUntil(session: Session, expires_at: number | null): void {
    if (expires_at === null) return;
    this.#grants.begin(session, expires_at);
    const { detail } = this.#deps;
    if (detail.isOn) traceGrant(this.#deps, session, expires_at);
  }

  /**
   * Ends the sessions whose rights were revoked, and their connections: their clients reconnect and are asked. Returns the
   * number of sessions.
   */
  revoke(isRevoked: (holder: SessionHolder) => boolean): number {
    const revoked = [...this.connected()].filter((session) => isRevoked(holderOf(session)));
    for (const session of revoked) this.end(session, 'revoked');
    for (const peer of new Set(revoked.map(({ peer }) => peer))) peer.cut();
    return revoked.length;
  }

  /** The session's rights have ended. A v2 client learns of it with its next ping; a v1 client knows no such answer. */
  end(session: Session, reason: string): void {
    this.remove(session);
    void this.#disconnects.disconnected(session, reason);
    if (session.record.dialect === 1) session.peer.drop();
  }

  /** Resolves when every registration and disconnect so far has been written. */
  settled(): Promise<void> {
    return this.#disconnects.settled();
  }

  /** Marks the sessions that lost nodes left connected as disconnected from now on. Resolves with their number. */
  async recover(nodes: ReadonlySet<string>): Promise<number> {
    let all = 0;
    for (let after = ''; ; ) {
      const { recovered, last } = await this.recoverSome(({ node }) => nodes.has(node), after);
      if (last === undefined) return all;
      all += recovered;
      after = last;
    }
  }

  /** A part of the same. The next part comes after `last`; there is none without it. */
  recoverSome(isLost: (record: SessionRecord) => boolean, after: string): Promise<RecoveredPart> {
    return this.#disconnects.recoverSome(isLost, after);
  }

  /** Another node has granted the session: its stay here is over (I6). */
  evict(session_id: string, generation: number, takenOver: boolean): void {
    const session = this.get(session_id);
    if (session && session.record.generation < generation)
      this.#registrar.evict(session, takenOver);
  }

  /** Ends every connection that carries a session, so that their clients reconnect and register again. */
  dropAll(): void {
    for (const { peer } of [...this.connected()]) peer.drop();
  }
}

/** A session as a revocation names it. */
interface SessionHolder {
  readonly session_id: string;
  readonly thread_id: string;
  readonly user_id: string | null;
}

const holderOf = (session: Session): SessionHolder => {
  const { thread_id, user_id } = session.record;
  return { session_id: nameOf(session), thread_id, user_id };
};
