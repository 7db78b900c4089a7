/**
 * Keeps commits apart on a busy server: each costs it a transaction and a flush, whatever is in it, and what
 * gathers meanwhile shares them. On a quiet one nobody waits.
 */

import { windowForLoad } from '../core/frame-window.js';
import type { Clock } from '../util/clock.js';

export interface CommitPacerDeps {
  readonly clock: Pick<Clock, 'now'>;
  /** The share of its time, 0 to 1, that the event loop was busy since it was asked last. */
  readonly busy: () => number;
  /** How far apart commits begin; by the load if left out. */
  readonly gapMs?: number | undefined;
  readonly wait: (ms: number) => Promise<void>;
}

/** How often the load is looked at, while anything is written. */
const LOOK_EVERY_MS = 100;

export class CommitPacer {
  readonly #deps: CommitPacerDeps;
  #windowMs = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #begunAt = Number.NEGATIVE_INFINITY;

  constructor(deps: CommitPacerDeps) {
    this.#deps = deps;
  }

  /** Called before each commit; what it returns, if anything, is waited for. */
  pause(): Promise<void> | undefined {
    const { clock, wait } = this.#deps;
    const now = clock.now();
    const due = this.#begunAt + this.#gapMs(now);
    this.#begunAt = Math.max(now, due);
    return now < due ? wait(due - now) : undefined;
  }

  #gapMs(now: number): number {
    const { busy, gapMs } = this.#deps;
    if (gapMs !== undefined) return gapMs;
    if (now - this.#lookedAt >= LOOK_EVERY_MS) {
      this.#lookedAt = now;
      this.#windowMs = windowForLoad(busy(), this.#windowMs);
    }
    return this.#windowMs;
  }
}
