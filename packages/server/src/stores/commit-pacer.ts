/**
 * Spaces commits on a busy server. Each commit costs a transaction and a flush, whatever its size, so appends that
 * gather during the pause share them. On a quiet server no append waits.
 */

import { windowForLoad } from '../core/frame-window.js';
import { watchLoop } from '../observe/loop.js';
import { type Clock, systemClock } from '../util/clock.js';

export interface CommitPacerDeps {
  readonly clock: Pick<Clock, 'now'>;
  /** The share of time, 0 to 1, that the event loop was busy since the last call. */
  readonly busy: () => number;
  /** The time between the beginnings of commits. If left out, it follows the load. */
  readonly gapMs?: number | undefined;
  readonly wait: (ms: number) => Promise<void>;
}

/** How often the pacer samples the load, while anything is written. */
const LOOK_EVERY_MS = 100;

export class CommitPacer {
  readonly #deps: CommitPacerDeps;
  #windowMs = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #begunAt = Number.NEGATIVE_INFINITY;

  constructor(deps: CommitPacerDeps) {
    this.#deps = deps;
  }

  /** Called before each commit. The caller awaits the promise, if there is one. */
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

/** When a store of this process commits: at the end of a turn of the event loop, and not too often. */
export function commitTiming(gapMs: number | undefined) {
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const pacer = new CommitPacer({ clock: systemClock, busy: watchLoop(), gapMs, wait });
  return {
    turn: () => new Promise<void>((resolve) => setImmediate(resolve)),
    pause: () => pacer.pause(),
  };
}
