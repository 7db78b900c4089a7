/**
 * Registration of v1 clients, which have neither cursor nor secret: a client that registers for a thread may be any
 * former v1 subscriber of it. So the replay begins at the lowest position of the thread's v1 sessions. An open session
 * counts too: it may be the ghost of a client whose connection was cut. Delivery is at least once, and nothing is
 * skipped as long as a session can be resumed.
 */

import {
  SERVER_EVENTS,
  type V1RegisterSession,
  type V1SessionRegistered,
} from '@session-monitor/protocol';
import { beginSince, continueAt, type Position, startOver } from '@session-monitor/protocol/rules';
import { deriveSessionId } from '../sessions/identity.js';
import { newAttachment, openSession } from '../sessions/open-session.js';
import type { RegistrarDeps } from '../sessions/registrar.js';
import type { Peer, Session } from '../sessions/session.js';
import type { SessionIndex } from '../sessions/session-index.js';
import { digestInstance, noSecret, SALT_BYTES } from '../sessions/stored-secret.js';
import type { SessionRecord } from '../stores/store.js';
import type { PumpPosition } from '../threads/pump.js';
import type { ThreadLease } from '../threads/threads.js';
import { gapNotice } from './notices.js';
import { V1Positions } from './positions.js';

/** The most events that a thread without v1 sessions replays. */
const FIRST_REPLAY_EVENTS = 1_000;

/** What was granted: send `registered`, then start, so that the replay comes after it. */
export interface V1Grant {
  readonly registered: V1SessionRegistered;
  start(): void;
}

export class V1Registrar {
  readonly #deps: RegistrarDeps;
  readonly #sessionIndex: SessionIndex;
  readonly #onSent: (session: Session) => void;
  readonly #positions: V1Positions;

  /** @param onSent called after events were sent to a session */
  constructor(deps: RegistrarDeps, sessionIndex: SessionIndex, onSent: (session: Session) => void) {
    this.#deps = deps;
    this.#sessionIndex = sessionIndex;
    this.#onSent = onSent;
    this.#positions = new V1Positions(deps.store.sessions, sessionIndex, deps.clock);
  }

  /** Registers the connection's only v1 session. The caller has ended the one for another thread. */
  async register(
    peer: Peer,
    { thread_id }: V1RegisterSession,
    user_id: string | null,
  ): Promise<V1Grant> {
    const { threads, store, clock, entropy, node } = this.#deps;
    const lease = await threads.acquire(thread_id);
    try {
      const { divergenceCount } = lease.log;
      const position = { ...(await this.#position(thread_id)), divergenceCount };
      const session_id = v1SessionId(thread_id, user_id, peer);
      const existing = await store.sessions.get(session_id);
      const now = clock.wall();
      const record: SessionRecord = {
        session_id,
        dialect: 1,
        secret: existing?.secret ?? noSecret(entropy.token(SALT_BYTES)),
        thread_id,
        user_id,
        instance: digestInstance(peer.id),
        attempt: 1,
        generation: (existing?.generation ?? 0) + 1,
        created_at: existing?.created_at ?? now,
        node,
        start: position.cursor,
        position: position.cursor,
        stay: newAttachment(peer, now),
        state: 'connected',
        since: now,
        due_at: null,
      };
      if (!(await store.sessions.put(record, existing))) {
        throw new Error('Another connection has written this v1 session');
      }
      this.#positions.began(thread_id, record.position);
      return this.#attach(peer, record, position, lease);
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  /** Answers a registration that was granted before: the session continues where it is. */
  again(session: Session): V1Grant {
    session.touch(this.#deps.clock.now());
    this.#trace(session, { repeated: true });
    return { registered: registeredMessage(session), start: () => {} };
  }

  #attach(
    peer: Peer,
    record: SessionRecord,
    position: Position & PumpPosition,
    lease: ThreadLease,
  ): V1Grant {
    const link = peer.v1Link({
      onArrived: (epoch, offset) => {
        session.acknowledge(epoch, offset, this.#deps.clock.now());
      },
      onSent: () => this.#onSent(session),
    });
    const session: Session = openSession(this.#deps, { record, peer, link, position, lease });
    this.#sessionIndex.add(session);
    this.#trace(session, {
      ...(position.gap && { gap_from: position.gap.from, gap_to: position.gap.to }),
    });
    return {
      registered: registeredMessage(session),
      start: () => {
        if (position.gap) peer.notify(SERVER_EVENTS.error, gapNotice(position.gap));
        session.pump.start();
      },
    };
  }

  #trace(session: Session, more: Readonly<Record<string, number | boolean>>): void {
    const { id: session_id, record, peer, pump, log } = session;
    const { thread_id, user_id, generation } = record;
    const { id: connection, transport, address } = peer;
    const outcome = generation === 1 ? 'new' : 'resumed';
    const [from, replay] = [pump.sent + 1, log.head.offset - pump.sent];
    const who = { session_id, thread_id, user_id, address, connection };
    const ids = { ...who, transport, protocol: 1, generation };
    this.#deps.trace('register', { ...ids, outcome, from, replay, ...more });
  }

  /** The lowest position at which a returning client of the thread may be. */
  async #position(thread_id: string): Promise<Position> {
    const { store, clock, settings } = this.#deps;
    const { logs } = store;
    const extent = await this.#positions.of(thread_id);
    const { head, tag } = await logs.locate(thread_id, extent?.lowest.offset ?? 0);
    // An erasure removes the disconnected sessions, so the positions of their clients are unknown.
    const erasedAt = head.previous?.at ?? Number.NEGATIVE_INFINITY;
    if (clock.wall() - erasedAt < settings.sessionTtlMs) return startOver(head, 'deleted');
    if (!extent) {
      const since = Math.max(head.base, head.offset - FIRST_REPLAY_EVENTS);
      return beginSince(since, head, (await logs.locate(thread_id, since)).tag);
    }
    // A position in another epoch: all events of this one are new to its client.
    const { lowest, isOneEpoch } = extent;
    const isKnown = isOneEpoch && lowest.epoch === head.epoch;
    return isKnown ? continueAt(lowest, head, tag) : startOver(head, 'epoch_changed');
  }
}

/** The id of a v1 session's record. On the wire a v1 session goes by the id of its socket. */
const v1SessionId = (thread_id: string, user_id: string | null, peer: Peer): string =>
  deriveSessionId(thread_id, user_id, peer.id, 0);

function registeredMessage({ record, peer, pump, log }: Session): V1SessionRegistered {
  const count = Math.max(0, log.head.offset - pump.sent);
  return {
    status: 'ready',
    thread_id: record.thread_id,
    session_id: peer.id,
    transport: peer.transport,
    is_in_room: true,
    ...(count > 0 && { missed_messages: { available: true, count } }),
  };
}
