/** The clock of one simulated process: it stands still while the process is frozen, and stops for good when it ends. */

import type { Clock } from '../../../packages/server/src/util/clock.js';
import type { Life } from './life.js';
import type { Scheduler } from './scheduler.js';

/** A day in 2026: the wall clock's time at the start of a simulation. */
export const EPOCH_MS = 1_780_000_000_000;

export class ProcessClock implements Clock {
  readonly #scheduler: Scheduler;
  readonly #life: Life;
  readonly #bootAt: number;
  /** How far the wall clock is off. */
  wallOffsetMs = 0;

  constructor(scheduler: Scheduler, life: Life) {
    this.#scheduler = scheduler;
    this.#life = life;
    this.#bootAt = scheduler.now;
  }

  /** Timers that have neither fired nor been cancelled. */
  get pending(): number {
    return this.#life.pending;
  }

  now(): number {
    return this.#scheduler.now - this.#bootAt;
  }

  wall(): number {
    return EPOCH_MS + Math.round(this.#scheduler.now) + this.wallOffsetMs;
  }

  after(ms: number, fn: () => void): () => void {
    return this.#life.after(ms, fn);
  }

  /** Waits for the simulation; does not count as a timer of the product. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#scheduler.after(ms, () => this.#life.run(resolve));
    });
  }
}
