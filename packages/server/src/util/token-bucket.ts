import type { Clock } from './clock.js';

/** A rate: so many a second on average, and several seconds' worth at once. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #most: number;
  #left: number;
  /** Monotonic milliseconds. */
  #at: number;

  constructor(perSecond: number, burstS: number, now: number) {
    this.#perSecond = perSecond;
    this.#most = perSecond * burstS;
    this.#left = this.#most;
    this.#at = now;
  }

  /**
   * Takes one. Returns whether there was one.
   *
   * @param now asked only when the bucket is empty
   */
  take(now: () => number): boolean {
    return this.takeAt(this.#left < 1 ? now() : this.#at);
  }

  /** Takes one. Returns whether there was one. */
  takeAt(now: number): boolean {
    if (this.#left < 1) {
      const filled = this.#left + ((now - this.#at) / 1_000) * this.#perSecond;
      this.#left = Math.min(this.#most, filled);
      this.#at = now;
    }
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}

/** The same rate for each of its users. */
export class Rate<User extends object> {
  readonly #perSecond: number;
  readonly #burstS: number;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #buckets = new WeakMap<User, TokenBucket>();

  constructor(perSecond: number, burstS: number, clock: Pick<Clock, 'now'>) {
    this.#perSecond = perSecond;
    this.#burstS = burstS;
    this.#clock = clock;
  }

  take(user: User): boolean {
    const now = () => this.#clock.now();
    const bucket = this.#buckets.get(user) ?? new TokenBucket(this.#perSecond, this.#burstS, now());
    this.#buckets.set(user, bucket);
    return bucket.take(now);
  }
}
