/** How sessions leave their connections: what is written of it, and waiting until it is. */

import type { Clock } from '../clock.js';
import { asError } from '../errors.js';
import type { Logger, Trace } from '../observe/trace.js';
import type { SessionSettings } from '../options.js';
import type { SessionRecord, SessionStay, SessionStore, Store } from '../stores/store.js';
import type { Session } from './session.js';

/** Records that `recover` reads at a time. */
const PAGE = 500;

export interface DeparturesParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: SessionSettings;
  readonly trace: Trace;
  readonly logger: Logger;
}

/** Why a session is over, in a word and in a sentence. */
export type Expiry = NonNullable<SessionRecord['expiry']>;

/**
 * Ends a session: what is left is a tombstone, so that a client that comes back hears why. A v1 client
 * comes back as somebody else, and leaves none. Resolves with whether the session was still the same.
 */
export function bury(
  sessions: SessionStore,
  record: SessionRecord,
  expiry: Expiry,
  wall: number,
  { tombstoneTtlMs }: Pick<SessionSettings, 'tombstoneTtlMs'>,
): Promise<boolean> {
  const { session_id, generation, dialect } = record;
  if (dialect === 1) return sessions.remove(session_id, generation);
  const due_at = wall + tombstoneTtlMs;
  return sessions.put({ ...record, state: 'expired', since: wall, due_at, expiry }, generation);
}

export class Departures {
  readonly #parts: DeparturesParts;
  /** What is being written. */
  readonly #writing = new Set<Promise<unknown>>();

  constructor(parts: DeparturesParts) {
    this.#parts = parts;
  }

  /** The session's connection is gone, or the client has left it. Never rejects. */
  disconnected(session: Session, reason: string): Promise<void> {
    const { record, pump, peer } = session;
    const { session_id, thread_id } = record;
    const { acknowledged, sent } = pump;
    const ms = Math.round(this.#parts.clock.now() - session.attachedAt);
    const ids = { session_id, thread_id, connection: peer.id };
    this.#parts.trace('disconnect', { ...ids, reason, ms, acknowledged, sent });
    return this.until(this.#write(this.#away(this.#lastWord(session))));
  }

  /** The session was silent for too long. Never rejects. */
  expired(session: Session, expiry: Expiry): Promise<void> {
    const { clock, trace } = this.#parts;
    const { session_id, thread_id } = session.record;
    const silent_ms = Math.round(clock.now() - session.activity.lastAt);
    const connection = session.peer.id;
    trace('expire', { session_id, thread_id, connection, reason: expiry.reason, silent_ms });
    return this.until(this.#bury(this.#lastWord(session), expiry));
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

  /** Marks what a process that is gone left as connected. Resolves with the number. */
  async recover(isLost: (record: SessionRecord) => boolean): Promise<number> {
    let recovered = 0;
    for (let after = ''; ; ) {
      const page = await this.#parts.store.sessions.list(after, PAGE);
      const last = page.at(-1);
      if (!last) return recovered;
      const left = page.filter((record) => record.state === 'connected' && isLost(record));
      await Promise.all(left.map((record) => this.#write(this.#away(record))));
      recovered += left.length;
      after = last.session_id;
    }
  }

  #away(record: SessionRecord): SessionRecord {
    const since = this.#parts.clock.wall();
    const due_at = since + this.#parts.settings.sessionTtlMs;
    return { ...record, state: 'disconnected', since, due_at };
  }

  /** The record with what the stay that ends has added to it. */
  #lastWord(session: Session): SessionRecord {
    const { record, pump } = session;
    return { ...record, position: pump.cursor, stay: stayOf(session, this.#parts.clock) };
  }

  async #write(record: SessionRecord): Promise<void> {
    // After a newer registration the generation is higher, and this changes nothing (I6).
    await this.#try(() => this.#parts.store.sessions.put(record, record.generation));
  }

  async #bury(record: SessionRecord, expiry: Expiry): Promise<void> {
    const { store, clock, settings } = this.#parts;
    await this.#try(() => bury(store.sessions, record, expiry, clock.wall(), settings));
  }

  async #try(write: () => Promise<unknown>): Promise<void> {
    try {
      await write();
    } catch (error) {
      const err = asError(error);
      this.#parts.logger.error({ err, what: 'disconnect' }, 'The store cannot answer');
    }
  }
}

/** The stay of a connected session as it is now. */
export function stayOf({ record, peer, activity, pingedAt }: Session, clock: Clock): SessionStay {
  const wallOf = (now: number) => Math.round(clock.wall() - (clock.now() - now));
  return {
    ...record.stay,
    transport: peer.transport,
    active_at: wallOf(activity.lastAt),
    pinged_at: pingedAt === null ? record.stay.pinged_at : wallOf(pingedAt),
  };
}
