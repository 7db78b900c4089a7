/**
 * The sessions that fit a filter, in an order. Viewers with the same query share one. It follows changes: what has not
 * changed stays where it is. A viewer that begins has the first rows before all are in order.
 */

import type { Clock } from '../../util/clock.js';
import { FirstItems, type Order } from '../../util/first-items.js';
import { PacedWork, type Steps } from '../../util/paced-work.js';
import { filterInParts, mergeInParts, sortInParts } from '../../util/sort-in-parts.js';
import type { FindingCode } from '../findings/facts.js';
import { matches, type SessionFilter } from '../views/session-filter.js';
import type { ChangeFeed } from './change-feed.js';
import { orderOf, type SessionSort } from './session-order.js';
import type { NamedRow, SessionRow } from './session-row.js';

/** Rows that are found without ordering the others: more than a window has. */
const FIRST_ROWS = 300;
const ROWS_PER_STEP = 64;

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
  /** While a long list is put in order for the first time: how it begins. */
  #beginning: { readonly rows: readonly NamedRow[]; readonly total: number } | undefined;
  readonly #begun: Promise<void>;
  #markBegun: () => void = () => {};
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
    this.#begun = new Promise((resolve) => {
      this.#markBegun = resolve;
    });
  }

  get total(): number {
    return this.#beginning?.total ?? this.#rows.length;
  }

  slice(from: number, limit: number): readonly SessionRow[] {
    const { rows } = this.#beginning ?? { rows: this.#rows };
    return rows.slice(from, from + limit).map(({ row }) => row);
  }

  /** Resolves when the first so many rows are in their places, at the latest when all are. */
  async begin(count: number): Promise<void> {
    const all = this.refresh();
    await (count <= FIRST_ROWS ? this.#begun : all);
  }

  /** Takes what has changed. Resolves when it is in its place. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#work.run(this.#update(), 1).then((rows) => {
      this.#rows = rows ?? this.#rows;
      this.#beginning = undefined;
      this.#markBegun();
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
    if (this.#rows.length === 0 && fitting.length > FIRST_ROWS) yield* this.#findFirst(fitting);
    const sorted = yield* sortInParts(fitting, this.#order);
    return yield* mergeInParts(kept, sorted, this.#order);
  }

  *#findFirst(rows: readonly NamedRow[]): Steps<void> {
    const first = new FirstItems(FIRST_ROWS, this.#order);
    for (const [index, row] of rows.entries()) {
      first.add(row);
      if (index % ROWS_PER_STEP === 0) yield;
    }
    this.#beginning = { rows: first.items, total: rows.length };
    this.#markBegun();
    yield;
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
