/**
 * How many session records there are in each state. A start reads none of them: the first caller has them counted, a part
 * at a time, and from then on each write keeps the counts.
 */

import type { SessionCounts, SessionRecord, SessionState } from '../store.js';

/** Records of one part: some milliseconds. */
const PART = 500;

/** Records in the order of their ids. */
export interface RecordPart {
  readonly records: readonly SessionRecord[];
  /** Where the next part begins; undefined at the end. */
  readonly last: string | undefined;
}

export interface SessionCountsDeps {
  /** Records after an id as they are at this moment, those that are being flushed included. */
  readonly read: (after: string, limit: number) => RecordPart;
  /** Resolves when the present turn of the event loop is over. */
  readonly turn: () => Promise<void>;
}

export class LmdbSessionCounts {
  readonly #deps: SessionCountsDeps;
  readonly #counts: Record<SessionState, number> = { connected: 0, disconnected: 0, expired: 0 };
  /** Records up to this id are counted; 'all' at the end. */
  #counted: { readonly upTo: string } | 'all' = { upTo: '' };
  #counting: Promise<void> | undefined;

  constructor(deps: SessionCountsDeps) {
    this.#deps = deps;
  }

  /** A record is being written. One that is not counted yet is met later. */
  written(
    session_id: string,
    replaced: SessionRecord | undefined,
    record: SessionRecord | null,
  ): void {
    if (this.#counted !== 'all' && session_id > this.#counted.upTo) return;
    if (replaced) this.#counts[replaced.state] -= 1;
    if (record) this.#counts[record.state] += 1;
  }

  async all(): Promise<SessionCounts> {
    this.#counting ??= this.#count().catch((error: unknown) => {
      this.#counting = undefined;
      throw error;
    });
    await this.#counting;
    return { ...this.#counts };
  }

  async #count(): Promise<void> {
    while (this.#counted !== 'all') {
      const { records, last } = this.#deps.read(this.#counted.upTo, PART);
      for (const { state } of records) this.#counts[state] += 1;
      this.#counted = last === undefined ? 'all' : { upTo: last };
      await this.#deps.turn();
    }
  }
}
