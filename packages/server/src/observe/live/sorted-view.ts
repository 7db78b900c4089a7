/**
 * The sessions that fit a filter, in an order. Viewers with the same query share one. It follows changes: what has not
 * changed stays where it is.
 */

import type { Clock } from '../../util/clock.js';
import type { Order } from '../../util/first-items.js';
import { PacedWork, type Steps } from '../../util/paced-work.js';
import { filterInParts, mergeInParts, sortInParts } from '../../util/sort-in-parts.js';
import type { FindingCode } from '../findings/facts.js';
import { matches, type SessionFilter } from '../views/session-filter.js';
import type { ChangeFeed } from './change-feed.js';
import { orderOf, type SessionSort } from './session-order.js';
import type { NamedRow, SessionRow } from './session-row.js';

export interface SessionQuery {
  readonly filter: SessionFilter;
  /** What is found about the sessions; null for anything at all, undefined if it does not matter. */
  readonly finding?: FindingCode | null | undefined;
  readonly sort: SessionSort;
}

export class SortedView {
  readonly #feed: ChangeFeed;
  readonly #filter: SessionFilter;
  readonly #finding: SessionQuery['finding'];
  readonly #order: Order<NamedRow>;
  readonly #work: PacedWork;
  #rows: readonly NamedRow[] = [];
  #refreshing: Promise<void> | undefined;

  constructor(
    feed: ChangeFeed,
    { filter, finding, sort }: SessionQuery,
    clock: Pick<Clock, 'after' | 'now'>,
  ) {
    this.#feed = feed;
    this.#filter = filter;
    this.#finding = finding;
    this.#order = orderOf(sort);
    this.#work = new PacedWork(clock);
  }

  get total(): number {
    return this.#rows.length;
  }

  slice(from: number, limit: number): readonly SessionRow[] {
    return this.#rows.slice(from, from + limit).map(({ row }) => row);
  }

  /** Takes what has changed. Resolves when it is in its place. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#work.run(this.#update(), 1).then((rows) => {
      this.#rows = rows ?? this.#rows;
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  stop(): void {
    this.#work.stop();
  }

  *#update(): Steps<readonly NamedRow[]> {
    const { rows, removed } = this.#feed.take(Number.POSITIVE_INFINITY);
    if (rows.length + removed.length === 0) return this.#rows;
    const changed = new Set(removed);
    for (const { id } of rows) changed.add(id);
    const kept = yield* filterInParts(this.#rows, ({ id }) => !changed.has(id));
    const fitting = yield* filterInParts(rows, ({ row }) => this.#fits(row));
    const sorted = yield* sortInParts(fitting, this.#order);
    return yield* mergeInParts(kept, sorted, this.#order);
  }

  #fits(row: SessionRow): boolean {
    return this.#isFound(row) && matches(this.#filter, row, () => row.remote_address);
  }

  #isFound({ finding }: SessionRow): boolean {
    if (this.#finding === undefined) return true;
    // A row of an earlier version has none.
    return this.#finding === null ? Boolean(finding) : finding === this.#finding;
  }
}
