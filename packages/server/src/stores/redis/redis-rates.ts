/**
 * Adds up what clients spend on all nodes. The counts are no data of anyone's: they expire with their window, and while
 * Redis is away each node counts for itself. This module loads rate-limiter-flexible.
 */

import type { Cluster, Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateStore, SharedRate } from '../store.js';

export class RedisRates implements RateStore {
  readonly #client: Redis | Cluster;
  readonly #prefix: string;
  readonly #limiters = new Map<string, RateLimiterRedis>();

  constructor(client: Redis | Cluster, prefix: string) {
    this.#client = client;
    this.#prefix = prefix;
  }

  async spend(rate: SharedRate, key: string, amount: number): Promise<number> {
    try {
      await this.#limiterOf(rate).consume(key, amount);
      return 0;
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return refusal.msBeforeNext;
      throw refusal;
    }
  }

  #limiterOf({ name, quota, windowS }: SharedRate): RateLimiterRedis {
    const known = this.#limiters.get(name);
    if (known) return known;
    const budget = { points: Math.ceil(quota), duration: windowS };
    const limiter = new RateLimiterRedis({
      ...budget,
      storeClient: this.#client,
      keyPrefix: `${this.#prefix}:${name}`,
      // A client that is over its budget costs Redis nothing until its window ends.
      inMemoryBlockOnConsumed: budget.points,
      rejectIfRedisNotReady: true,
      insuranceLimiter: new RateLimiterMemory(budget),
    });
    this.#limiters.set(name, limiter);
    return limiter;
  }
}
