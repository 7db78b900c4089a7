/**
 * A set for mostly one or two items. It keeps few items in a list, which takes a tenth of a `Set`'s memory; each
 * session has several such sets. A loop over the list sees the items as they were when it began.
 */

const FEW = 8;
const NONE: readonly never[] = [];

export class SmallSet<T> {
  #few: readonly T[] = NONE;
  #many: Set<T> | undefined;

  get size(): number {
    return this.#many?.size ?? this.#few.length;
  }

  add(item: T): void {
    if (this.#many) this.#many.add(item);
    else if (this.#few.includes(item)) return;
    // Not a spread: its result has room for 17.
    else if (this.#few.length < FEW) this.#few = this.#few.concat(item);
    else {
      this.#many = new Set([...this.#few, item]);
      this.#few = NONE;
    }
  }

  /** Returns whether it was there. */
  delete(item: T): boolean {
    if (this.#many) return this.#many.delete(item);
    if (!this.#few.includes(item)) return false;
    this.#few = this.#few.length === 1 ? NONE : this.#few.filter((each) => each !== item);
    return true;
  }

  clear(): void {
    this.#few = NONE;
    this.#many = undefined;
  }

  /** The list while there are few items: a loop over it allocates nothing. */
  all(): Iterable<T> {
    return this.#many ?? this.#few;
  }
}
