/** How often values fell into each of some fixed ranges, and their sum. */

interface Bucket {
  /** The upper bound, included. */
  readonly le: number;
  /** Values above the bound before, up to this one. */
  count: number;
}

export class Histogram {
  sum = 0;
  count = 0;
  readonly #buckets: readonly Bucket[];

  /** @param bounds in ascending order. What is above the last one falls into a further range */
  constructor(bounds: readonly number[]) {
    this.#buckets = [...bounds, Number.POSITIVE_INFINITY].map((le) => ({ le, count: 0 }));
  }

  observe(value: number): void {
    this.sum += value;
    this.count += 1;
    for (const bucket of this.#buckets) {
      if (value > bucket.le) continue;
      bucket.count += 1;
      return;
    }
  }

  /** For each bound the number of values up to it, from 0 on; the last bound is Infinity. */
  cumulated(): readonly { readonly le: number; readonly count: number }[] {
    let count = 0;
    return this.#buckets.map((bucket) => {
      count += bucket.count;
      return { le: bucket.le, count };
    });
  }
}
