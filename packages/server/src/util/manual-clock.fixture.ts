/** A clock that a test advances, also in the middle of work. */

import type { Cancel, Clock } from './clock.js';

interface Timer {
  readonly at: number;
  readonly fn: () => void;
}

export class ManualClock implements Pick<Clock, 'now' | 'after'> {
  #now = 1_000;
  #timers: Timer[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, fn: () => void): Cancel {
    const timer = { at: this.#now + ms, fn };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Work takes so long: no timer fires meanwhile. */
  spend(ms: number): void {
    this.#now += ms;
  }

  /** Time passes, and timers that are due fire, once. */
  pass(ms: number): void {
    this.spend(ms);
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { fn } of due) fn();
  }
}
