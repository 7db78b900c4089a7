/** Keeps the first of many items that come in any order, and sorts only what it keeps: a page of a long list. */

/** Below zero if the first of the two comes first. */
export type Order<T> = (one: T, other: T) => number;

/** It sorts when it holds so many times what is wanted. */
const SLACK = 4;

export class FirstItems<T> {
  readonly #count: number;
  readonly #order: Order<T>;
  #kept: T[] = [];
  /** What comes behind it is not wanted. */
  #last: T | undefined;

  /** @param count how many items are wanted, at least 1 */
  constructor(count: number, order: Order<T>) {
    this.#count = count;
    this.#order = order;
  }

  add(item: T): void {
    if (this.#last !== undefined && this.#order(this.#last, item) <= 0) return;
    this.#kept.push(item);
    if (this.#kept.length >= this.#count * SLACK) this.#cut();
  }

  /** The first items so far, in order. */
  get items(): readonly T[] {
    this.#cut();
    return this.#kept;
  }

  #cut(): void {
    this.#kept = this.#kept.sort(this.#order).slice(0, this.#count);
    if (this.#kept.length === this.#count) this.#last = this.#kept.at(-1);
  }
}
