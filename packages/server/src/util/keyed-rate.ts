/**
 * A rate for each of many keys, which clients choose: addresses, users. So much a second on average, and several seconds'
 * worth at once. A key that has been quiet is forgotten.
 */

import type { Clock } from './clock.js';

interface Budget {
  /** May be negative: an amount is taken as a whole, and paid off afterwards. */
  left: number;
  /** Monotonic milliseconds. */
  at: number;
}

export interface RateOptions {
  /** Infinity: without a limit. */
  readonly perSecond: number;
  readonly burstS: number;
  readonly clock: Pick<Clock, 'now'>;
}

export class KeyedRate {
  readonly #perSecond: number;
  readonly #most: number;
  readonly #fullAfterMs: number;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #budgets = new Map<string, Budget>();
  #prunedAt: number;

  constructor({ perSecond, burstS, clock }: RateOptions) {
    this.#perSecond = perSecond;
    this.#most = perSecond * burstS;
    this.#fullAfterMs = burstS * 1_000;
    this.#clock = clock;
    this.#prunedAt = clock.now();
  }

  /** How many keys have less than all of their budget. */
  get size(): number {
    return this.#budgets.size;
  }

  /** Takes an amount if there is any. Returns 0, or nothing is taken and it returns the milliseconds after which there is some. */
  take(key: string, amount = 1): number {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return 0;
    const now = this.#clock.now();
    if (now - this.#prunedAt >= this.#fullAfterMs) this.#prune(now);
    const budget = this.#filled(key, now);
    if (budget.left < 1) return Math.ceil((1 - budget.left) * (1_000 / this.#perSecond));
    budget.left -= amount;
    return 0;
  }

  #filled(key: string, now: number): Budget {
    const known = this.#budgets.get(key);
    if (!known) {
      const budget = { left: this.#most, at: now };
      this.#budgets.set(key, budget);
      return budget;
    }
    known.left = this.#leftAt(known, now);
    known.at = now;
    return known;
  }

  #leftAt({ left, at }: Budget, now: number): number {
    return Math.min(this.#most, left + ((now - at) / 1_000) * this.#perSecond);
  }

  #prune(now: number): void {
    this.#prunedAt = now;
    for (const [key, budget] of this.#budgets) {
      if (this.#leftAt(budget, now) >= this.#most) this.#budgets.delete(key);
    }
  }
}
