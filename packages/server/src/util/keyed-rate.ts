/** A rate for each of many keys, which clients choose: addresses, users. A key that has been quiet is forgotten. */

import type { Clock } from './clock.js';
import { type RateOptions, TokenBucket } from './token-bucket.js';

export interface KeyedRateOptions extends RateOptions {
  readonly clock: Pick<Clock, 'now'>;
}

export class KeyedRate {
  readonly #options: KeyedRateOptions;
  readonly #buckets = new Map<string, TokenBucket>();
  #prunedAt: number;

  constructor(options: KeyedRateOptions) {
    this.#options = options;
    this.#prunedAt = options.clock.now();
  }

  /** How many keys have less than all of their budget. */
  get size(): number {
    return this.#buckets.size;
  }

  /** As `TokenBucket.take`. */
  take(key: string, amount = 1): number {
    const { perSecond, burstS, clock } = this.#options;
    if (perSecond === Number.POSITIVE_INFINITY) return 0;
    const now = clock.now();
    if (now - this.#prunedAt >= burstS * 1_000) this.#prune(now);
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#options, now);
    this.#buckets.set(key, bucket);
    return bucket.take(now, amount);
  }

  #prune(now: number): void {
    this.#prunedAt = now;
    for (const [key, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(key);
  }
}
