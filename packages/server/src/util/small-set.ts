/**
 * A set that mostly holds one or two: a list then, which takes a tenth of a `Set`'s memory. There are
 * several for each session. Who goes through it sees it as it was when that began.
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
    // Not spread: what is spread gets room for 17.
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

  /** A list while there are few: going through it makes nothing. */
  all(): Iterable<T> {
    return this.#many ?? this.#few;
  }
}
