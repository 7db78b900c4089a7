/** What has changed since a reader looked last: ids, each once, however often it has changed. */

import type { NamedRow } from './session-row.js';

export interface Changes {
  readonly rows: readonly NamedRow[];
  /** Ids of sessions that are no longer there. */
  readonly removed: readonly string[];
  /** Whether there is more to take. */
  readonly more: boolean;
}

export class ChangeFeed {
  readonly #changed: Set<string>;
  readonly #find: (id: string) => NamedRow | undefined;

  /**
   * @param ids what there is at the beginning
   * @param find the row of an id now
   */
  constructor(ids: Iterable<string>, find: (id: string) => NamedRow | undefined) {
    this.#changed = new Set(ids);
    this.#find = find;
  }

  mark(id: string): void {
    this.#changed.add(id);
  }

  /** At most so many changes, those that came first. */
  take(limit: number): Changes {
    const rows: NamedRow[] = [];
    const removed: string[] = [];
    for (const id of this.#changed) {
      if (rows.length + removed.length === limit) break;
      this.#changed.delete(id);
      const row = this.#find(id);
      if (row) rows.push(row);
      else removed.push(id);
    }
    return { rows, removed, more: this.#changed.size > 0 };
  }
}
