/** What was of late: figures in which what is older counts less. Each takes a few numbers, and no timer. Pure. */

/** After this time something counts for a third. */
const MEMORY_MS = 60_000;
/** Below this weight there is nothing of late. */
const NOTHING = 0.05;

const decay = (ms: number, memoryMs = MEMORY_MS): number => Math.exp(-Math.max(0, ms) / memoryMs);

/** How often something happened within about the last minute. Times are monotonic milliseconds. */
export class RecentCount {
  #count = 0;
  #at = 0;

  add(now: number): void {
    this.#count = this.#count * decay(now - this.#at) + 1;
    this.#at = now;
  }

  /** A whole number. */
  at(now: number): number {
    return Math.round(this.#count * decay(now - this.#at));
  }
}

/** The mean of what was measured of late. */
export class RecentMean {
  readonly #memoryMs: number;
  #sum = 0;
  #weight = 0;
  #at = 0;

  /** @param memoryMs after this time a value counts for a third */
  constructor(memoryMs = MEMORY_MS) {
    this.#memoryMs = memoryMs;
  }

  add(value: number, now: number): void {
    const kept = decay(now - this.#at, this.#memoryMs);
    this.#sum = this.#sum * kept + value;
    this.#weight = this.#weight * kept + 1;
    this.#at = now;
  }

  /** Null if there was nothing. */
  at(now: number): number | null {
    return this.#weight * decay(now - this.#at, this.#memoryMs) < NOTHING
      ? null
      : this.#sum / this.#weight;
  }
}
