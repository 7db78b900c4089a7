/**
 * A share of the event loop's time, for work that comes under many keys. What finds no time left waits, and is done one
 * key after the other: a key with little work waits for one piece of work of each other key, not for all.
 */

import type { Cancel, Clock } from './clock.js';
import { TokenBucket } from './token-bucket.js';

export interface Share {
  /** Of the time, 0 to 1. */
  readonly share: number;
  /** So much at once, in milliseconds. */
  readonly atOnceMs: number;
}

const MICROSECONDS = 1_000;

export class FairTurns {
  readonly #clock: Pick<Clock, 'now' | 'after'>;
  /** Time in microseconds. */
  readonly #budget: TokenBucket;
  /** Work by its key, in the order in which the keys have their turns. */
  readonly #lines = new Map<string, (() => void)[]>();
  #cancel: Cancel | undefined;

  constructor(clock: Pick<Clock, 'now' | 'after'>, { share, atOnceMs }: Share) {
    this.#clock = clock;
    const perSecond = share * 1_000 * MICROSECONDS;
    const burstS = atOnceMs / (share * 1_000);
    this.#budget = new TokenBucket({ perSecond, burstS }, clock.now());
  }

  /**
   * Does the work at once if there is time for it, else later. The work of a key keeps its order.
   *
   * @param leastMs what it costs at least, with what it causes later
   */
  run(key: string, work: () => void, leastMs: number): void {
    const timed = () => this.#do(work, leastMs);
    if (this.#lines.size === 0 && this.#waitMs() === 0) {
      timed();
      return;
    }
    const line = this.#lines.get(key);
    if (line) line.push(timed);
    else this.#lines.set(key, [timed]);
    this.#arm();
  }

  /** Does at once what waits. */
  stop(): void {
    this.#cancel?.();
    for (let next = this.#next(); next; next = this.#next()) next();
  }

  #do(work: () => void, leastMs: number): void {
    const began = this.#clock.now();
    try {
      work();
    } finally {
      const now = this.#clock.now();
      this.#budget.take(now, Math.max(leastMs, now - began) * MICROSECONDS);
    }
  }

  /** In how many milliseconds there is time again; 0: now. */
  #waitMs(): number {
    return this.#budget.take(this.#clock.now(), 0);
  }

  #arm(): void {
    this.#cancel ??= this.#clock.after(this.#waitMs(), () => {
      this.#cancel = undefined;
      try {
        while (this.#waitMs() === 0) {
          const next = this.#next();
          if (!next) return;
          next();
        }
      } finally {
        if (this.#lines.size > 0) this.#arm();
      }
    });
  }

  /** The next key's next piece of work; that key goes to the end. */
  #next(): (() => void) | undefined {
    const [first] = this.#lines;
    if (!first) return undefined;
    const [key, line] = first;
    const work = line.shift();
    this.#lines.delete(key);
    if (line.length > 0) this.#lines.set(key, line);
    return work;
  }
}
