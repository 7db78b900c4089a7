/** Handles sessions that leave their connections: writes their records, and lets callers wait for the writes. */

import type { Expiry } from '@session-monitor/protocol/rules';
import type { SessionSettings } from '../options.js';
import type { ServerDeps } from '../server-deps.js';
import type { SessionAttachment, SessionRecord, SessionStore } from '../stores/store.js';
import type { Clock } from '../util/clock.js';
import { asError } from '../util/errors.js';
import type { Session } from './session.js';

/** Records that are read at a time: a millisecond of work. */
const PAGE = 200;

/**
 * Ends a session and leaves a tombstone, which tells a returning client why. Two kinds leave none: a v1 session, whose
 * client returns under another id, and one with nothing to remember. Resolves with whether the session was still the same.
 */
export function endSession(
  sessions: SessionStore,
  record: SessionRecord,
  expiry: Expiry,
  wall: number,
  { tombstoneTtlMs }: Pick<SessionSettings, 'tombstoneTtlMs'>,
): Promise<boolean> {
  if (record.dialect === 1 || hasNothing(record)) return sessions.remove(record);
  const due_at = wall + tombstoneTtlMs;
  return sessions.put({ ...record, state: 'expired', since: wall, due_at, expiry }, record);
}

/**
 * Whether the session's client has acknowledged nothing: it is where it began, and its receipt had the cursor of that. An
 * instance from before a take-over may need its beginning.
 */
const hasNothing = ({ dialect, position, start, former }: SessionRecord): boolean =>
  dialect === 2 && position === start && former === undefined;

/** A part of the records, looked through for sessions that a lost process left connected. */
export interface RecoveredPart {
  /** How many of them are marked as disconnected now. */
  readonly recovered: number;
  /** The last record; undefined at the end. */
  readonly last: string | undefined;
}

/** Removes the records of an erased thread's sessions that are without a connection, tombstones included. */
export async function forgetSessions(sessions: SessionStore, thread_id: string): Promise<void> {
  for (let after = ''; ; ) {
    const page = await sessions.ofThread(thread_id, after, PAGE);
    for (const record of page) {
      // A session that resumes at this moment has another generation, and stays.
      if (record.state !== 'connected') await sessions.remove(record);
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = last.session_id;
  }
}

export class DisconnectHandler {
  readonly #deps: ServerDeps;
  /** Writes under way. */
  readonly #writing = new Set<Promise<unknown>>();

  constructor(deps: ServerDeps) {
    this.#deps = deps;
  }

  /** The session's connection is gone. Never rejects. */
  disconnected(session: Session, reason: string): Promise<void> {
    this.#trace(session, reason);
    return this.until(this.#write(this.#away(this.#finalRecord(session))));
  }

  /** The client has left its session, whose receipt it has: a session without anything to remember is over. Never rejects. */
  left(session: Session): Promise<void> {
    const record = this.#finalRecord(session);
    if (!hasNothing(record)) return this.disconnected(session, 'left');
    this.#trace(session, 'left');
    return this.until(this.#try(() => this.#deps.store.sessions.remove(record)));
  }

  #trace(session: Session, reason: string): void {
    const { record, pump, peer } = session;
    const { session_id, thread_id } = record;
    const { acknowledged, sent } = pump;
    const ms = Math.round(this.#deps.clock.now() - session.attachedAt);
    const ids = { session_id, thread_id, connection: peer.id };
    this.#deps.trace('disconnect', { ...ids, reason, ms, acknowledged, sent });
  }

  /** The session was silent for too long. Never rejects. */
  expired(session: Session, expiry: Expiry): Promise<void> {
    const { clock, trace, settings } = this.#deps;
    const { session_id, thread_id } = session.record;
    const silent_ms = Math.round(clock.now() - session.activity.lastAt);
    const connection = session.peer.id;
    const ids = { session_id, thread_id, connection };
    const after_ms = settings.expireAfterMs;
    trace('expire', { ...ids, reason: expiry.reason, silent_ms, after_ms });
    return this.until(this.#endSession(this.#finalRecord(session), expiry));
  }

  /** Resolves as `write` does, and lets `settled` wait for it. */
  async until<T>(write: Promise<T>): Promise<T> {
    this.#writing.add(write);
    try {
      return await write;
    } finally {
      this.#writing.delete(write);
    }
  }

  async settled(): Promise<void> {
    while (this.#writing.size > 0) await Promise.allSettled(this.#writing);
  }

  /** Marks sessions that a lost process left connected as disconnected: those of some records after `after`. */
  async recoverSome(
    isLost: (record: SessionRecord) => boolean,
    after: string,
  ): Promise<RecoveredPart> {
    const { sessions } = this.#deps.store;
    const page = await (sessions.connected?.(after, PAGE) ?? sessions.list(after, PAGE));
    const isLeft = (record: SessionRecord) => record.state === 'connected' && isLost(record);
    const recovered = await Promise.all(
      page.filter(isLeft).map(async ({ session_id }) => {
        // Its client may have come back meanwhile, and left.
        const record = await sessions.get(session_id);
        if (!record || !isLeft(record)) return 0;
        await this.#write(this.#away(record));
        return 1;
      }),
    );
    const sum = recovered.reduce((all: number, each) => all + each, 0);
    return { recovered: sum, last: page.at(-1)?.session_id };
  }

  #away(record: SessionRecord): SessionRecord {
    const since = this.#deps.clock.wall();
    const due_at = since + this.#deps.settings.sessionTtlMs;
    return { ...record, state: 'disconnected', since, due_at };
  }

  /** The record with the final position and attachment of the stay. */
  #finalRecord(session: Session): SessionRecord {
    const { record, pump } = session;
    return { ...record, position: pump.cursor, stay: attachmentOf(session, this.#deps.clock) };
  }

  async #write(record: SessionRecord): Promise<void> {
    // After a newer registration the generation is higher, and this changes nothing (I6).
    await this.#try(() => this.#deps.store.sessions.put(record, record));
  }

  async #endSession(record: SessionRecord, expiry: Expiry): Promise<void> {
    const { store, clock, settings } = this.#deps;
    await this.#try(() => endSession(store.sessions, record, expiry, clock.wall(), settings));
  }

  async #try(write: () => Promise<unknown>): Promise<void> {
    try {
      await write();
    } catch (error) {
      const err = asError(error);
      this.#deps.logger.error({ err, what: 'disconnect' }, 'The store cannot answer');
    }
  }
}

/** The stay of a connected session as it is now. */
export function attachmentOf(
  { record, peer, activity, pingedAt }: Session,
  clock: Clock,
): SessionAttachment {
  const wallOf = (now: number) => Math.round(clock.wall() - (clock.now() - now));
  return {
    ...record.stay,
    transport: peer.transport,
    active_at: wallOf(activity.lastAt),
    pinged_at: pingedAt === null ? record.stay.pinged_at : wallOf(pingedAt),
  };
}
