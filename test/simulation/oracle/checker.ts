/** Collects violations, and the trace of a replayed seed. */

import type { Scheduler } from '../time/scheduler.js';

export type Invariant =
  | 'I1'
  | 'I2'
  | 'I3'
  | 'I4'
  | 'I5'
  | 'I6'
  | 'I7'
  | 'I8'
  | 'I9'
  | 'I10'
  | 'I11'
  | 'I12'
  | 'liveness';

export interface Violation {
  readonly invariant: Invariant;
  readonly what: string;
  /** Virtual milliseconds. */
  readonly at: number;
}

/** Lines of a trace that are kept: only the end matters. */
const MAX_LINES = 4_000;

export class Checker {
  readonly #scheduler: Scheduler;
  readonly writesDown: boolean;
  readonly lines: string[] = [];
  violation: Violation | undefined;
  /** Events that apps received. */
  applied = 0;
  /** A hash that any difference between two runs changes. */
  fingerprint = 0;

  constructor(scheduler: Scheduler, writesDown: boolean) {
    this.#scheduler = scheduler;
    this.writesDown = writesDown;
  }

  /** The first violation ends the simulation. */
  violate(invariant: Invariant, what: string): void {
    this.violation ??= { invariant, what, at: this.#scheduler.now };
    this.note(() => `*** ${invariant} violated: ${what}`);
  }

  expect(holds: boolean, invariant: Invariant, what: () => string): void {
    if (!holds) this.violate(invariant, what());
  }

  /** Adds an event to the fingerprint, and its text to the trace; calls `what` only if a trace is wanted. */
  note(what: () => string): void {
    this.fingerprint = (Math.imul(this.fingerprint, 31) + this.#scheduler.steps) | 0;
    if (!this.writesDown) return;
    this.lines.push(`${this.#scheduler.now.toFixed(1).padStart(9)}  ${what()}`);
    if (this.lines.length > MAX_LINES) this.lines.splice(0, MAX_LINES / 4);
  }
}
