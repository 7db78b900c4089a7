import type { Clock } from './clock.js';

/** A rate: so many a second on average, and several seconds' worth at once. */
export interface RateOptions {
  /** Infinity: without a limit. */
  readonly perSecond: number;
  readonly burstS: number;
}

/** What is left of a rate at one time. Times are monotonic milliseconds. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #most: number;
  /** May be negative: an amount is taken as a whole, and paid off afterwards. */
  #left: number;
  #at: number;

  constructor({ perSecond, burstS }: RateOptions, now: number) {
    this.#perSecond = perSecond;
    this.#most = perSecond * burstS;
    this.#left = this.#most;
    this.#at = now;
  }

  /** Takes an amount if there is any. Returns 0, or nothing is taken and it returns the milliseconds after which there is some. */
  take(now: number, amount = 1): number {
    if (this.#most === Number.POSITIVE_INFINITY) return 0;
    this.#left = this.#leftAt(now);
    this.#at = now;
    if (this.#left < 1) return Math.ceil((1 - this.#left) * (1_000 / this.#perSecond));
    this.#left -= amount;
    return 0;
  }

  /** Something that was taken is not used after all. */
  giveBack(amount: number): void {
    this.#left = Math.min(this.#most, this.#left + amount);
  }

  isFull(now: number): boolean {
    return this.#leftAt(now) >= this.#most;
  }

  #leftAt(now: number): number {
    return Math.min(this.#most, this.#left + ((now - this.#at) / 1_000) * this.#perSecond);
  }
}

/** The same rate for each of its users. */
export class Rate<User extends object> {
  readonly #rate: RateOptions;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #buckets = new WeakMap<User, TokenBucket>();

  constructor(rate: RateOptions, clock: Pick<Clock, 'now'>) {
    this.#rate = rate;
    this.#clock = clock;
  }

  /** Takes one. Returns whether there was one. */
  take(user: User): boolean {
    const now = this.#clock.now();
    const bucket = this.#buckets.get(user) ?? new TokenBucket(this.#rate, now);
    this.#buckets.set(user, bucket);
    return bucket.take(now) === 0;
  }
}
