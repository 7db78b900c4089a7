/** The clock of one simulated process: it stops for good when the process ends. */

import type { Clock } from '../../../packages/server/src/util/clock.js';
import type { Scheduler } from './scheduler.js';

/** A day in 2026: the wall clock's time at the start of a simulation. */
const EPOCH_MS = 1_780_000_000_000;

export class ProcessClock implements Clock {
  readonly #scheduler: Scheduler;
  readonly #bootAt: number;
  #alive = true;
  /** Timers that have neither fired nor been cancelled. */
  pending = 0;
  /** How far the wall clock is off. */
  wallOffsetMs = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
    this.#bootAt = scheduler.now;
  }

  now(): number {
    return this.#scheduler.now - this.#bootAt;
  }

  wall(): number {
    return EPOCH_MS + Math.round(this.#scheduler.now) + this.wallOffsetMs;
  }

  after(ms: number, fn: () => void): () => void {
    let waiting = true;
    this.pending += 1;
    const end = () => {
      if (waiting) this.pending -= 1;
      waiting = false;
    };
    const cancel = this.#scheduler.after(ms, () => {
      end();
      if (this.#alive) fn();
    });
    return () => {
      end();
      cancel();
    };
  }

  /** Waits for the simulation; does not count as a timer of the product. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#scheduler.after(ms, () => this.#alive && resolve());
    });
  }

  /** The process has ended: nothing fires any more. */
  stop(): void {
    this.#alive = false;
  }
}
