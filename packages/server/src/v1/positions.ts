/**
 * The lowest position of a thread's v1 sessions, without reading all of the thread's records for each registration.
 *
 * Positions only go forward, and a session that begins is at the lowest one. So what one look at the records has found
 * stays a lower bound, and a later look can only raise it. A look at few records is cheap, and each registration has one.
 * What a look at many has found is used for a while, in proportion to their number: looks take a small part of the
 * time, however many records there are. A client that returns meanwhile may get again what was published since that look.
 */

import { type Cursor, decodeCursor, NO_TAG } from '@session-monitor/protocol';
import type { SessionIndex } from '../sessions/session-index.js';
import type { SessionStore } from '../stores/store.js';
import { type Clock, nextTurn } from '../util/clock.js';

/** Records of one step, and the most that each registration reads: a millisecond. */
const PAGE = 200;
/** For how long the result of a larger look is used. A record takes 5 µs to read, so looks take 0.3 % of the time. */
const REUSE_MS_PER_RECORD = 2;
/** Threads with many records whose results are kept. */
const MOST_KEPT = 1_000;

/** Where the v1 sessions of a thread are. */
export interface V1Extent {
  readonly lowest: Cursor;
  /** Whether all positions are in the epoch of the lowest one. */
  readonly isOneEpoch: boolean;
}

/** A text that is no cursor: of no log, so that its client gets all events. */
const NOWHERE: Cursor = { epoch: '', offset: 0, tag: NO_TAG };

function withPosition(extent: V1Extent | undefined, position: string): V1Extent {
  const cursor = decodeCursor(position) ?? NOWHERE;
  if (!extent) return { lowest: cursor, isOneEpoch: true };
  const { lowest } = extent;
  return {
    // mutant: v1-the-highest-position-counts
    lowest: cursor.offset < lowest.offset ? cursor : lowest,
    isOneEpoch: extent.isOneEpoch && cursor.epoch === lowest.epoch,
  };
}

/** A look at a thread's records, or what one has found. */
interface Look {
  extent: V1Extent | undefined;
}

interface KeptLook extends Look {
  /** In monotonic milliseconds. */
  readonly until: number;
}

interface LookUnderWay extends Look {
  readonly done: Promise<void>;
}

export class V1Positions {
  readonly #sessions: Pick<SessionStore, 'ofThread'>;
  readonly #sessionIndex: Pick<SessionIndex, 'get'>;
  readonly #clock: Pick<Clock, 'after' | 'now'>;
  readonly #underWay = new Map<string, LookUnderWay>();
  readonly #kept = new Map<string, KeptLook>();

  constructor(
    sessions: Pick<SessionStore, 'ofThread'>,
    sessionIndex: Pick<SessionIndex, 'get'>,
    clock: Pick<Clock, 'after' | 'now'>,
  ) {
    this.#sessions = sessions;
    this.#sessionIndex = sessionIndex;
    this.#clock = clock;
  }

  /** A lower bound of the positions; undefined if the thread has no v1 session. */
  async of(thread_id: string): Promise<V1Extent | undefined> {
    const kept = this.#kept.get(thread_id);
    if (kept && this.#clock.now() < kept.until) return kept.extent;
    this.#kept.delete(thread_id);
    const look = this.#underWay.get(thread_id) ?? this.#begin(thread_id);
    await look.done;
    return look.extent;
  }

  /** A session has begun and is written: a look that had passed its place counts it, too. */
  began(thread_id: string, position: string): void {
    for (const look of [this.#underWay.get(thread_id), this.#kept.get(thread_id)]) {
      if (look) look.extent = withPosition(look.extent, position);
    }
  }

  #begin(thread_id: string): LookUnderWay {
    const look: LookUnderWay = {
      extent: undefined,
      done: this.#read(thread_id, (position) => {
        look.extent = withPosition(look.extent, position);
      })
        .then((records) => this.#keep(thread_id, records, look))
        .finally(() => this.#underWay.delete(thread_id)),
    };
    this.#underWay.set(thread_id, look);
    return look;
  }

  /** Calls back with each position. Resolves with the number of records, of sessions of both dialects. */
  async #read(thread_id: string, onPosition: (position: string) => void): Promise<number> {
    let records = 0;
    for (let after = ''; ; ) {
      const page = await this.#sessions.ofThread(thread_id, after, PAGE);
      for (const { session_id, dialect, state, position } of page) {
        if (dialect !== 1 || state === 'expired') continue;
        onPosition(this.#sessionIndex.get(session_id)?.pump.cursor ?? position);
      }
      records += page.length;
      const last = page.at(-1);
      if (!last || page.length < PAGE) return records;
      after = last.session_id;
      await nextTurn(this.#clock);
    }
  }

  #keep(thread_id: string, records: number, { extent }: Look): void {
    if (records <= PAGE) return;
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined && this.#kept.size >= MOST_KEPT) this.#kept.delete(oldest);
    const until = this.#clock.now() + records * REUSE_MS_PER_RECORD;
    this.#kept.set(thread_id, { extent, until });
  }
}
