/**
 * Spaces commits on a server that is busy with many of them. Each commit costs a transaction and a flush, whatever its
 * size, so appends that gather during the pause share them. On a quiet server no append waits.
 */

import { LoadWindow } from '../core/load-window.js';
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

/** So many a second, and their transactions and flushes take a tenth of a core. */
const COMMITS_PER_SECOND = 300;

export class CommitPacer {
  readonly #deps: CommitPacerDeps;
  readonly #load: LoadWindow;
  #begunAt = Number.NEGATIVE_INFINITY;

  constructor(deps: CommitPacerDeps) {
    this.#deps = deps;
    this.#load = new LoadWindow({ busy: deps.busy, fromPerSecond: COMMITS_PER_SECOND });
  }

  /** Called before each commit. The caller awaits the promise, if there is one. */
  pause(): Promise<void> | undefined {
    const { clock, gapMs, wait } = this.#deps;
    const now = clock.now();
    const due = this.#begunAt + (gapMs ?? this.#load.count(now));
    this.#begunAt = Math.max(now, due);
    return now < due ? wait(due - now) : undefined;
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
