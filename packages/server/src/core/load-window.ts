/**
 * The window between commits, or frames, as the load of a server changes. It begins only if there is something to save: a
 * loop that is busy with other work is not less busy because an event waits.
 */

import { windowForLoad } from './frame-window.js';

export interface LoadWindowDeps {
  /** The share of time, 0 to 1, that the event loop was busy since the last call. */
  readonly busy: () => number;
  /** A window begins when there are so many commits or frames a second. */
  readonly fromPerSecond: number;
}

/** How often the load is looked at, while anything is counted. */
const LOOK_EVERY_MS = 100;
/** Within a window there are few. After so long it ends for one look, which counts how many there would be. */
const LOOK_AGAIN_MS = 5_000;

export class LoadWindow {
  readonly #deps: LoadWindowDeps;
  #windowMs = 0;
  #begunAt = 0;
  #lookedAt: number | undefined;
  #count = 0;

  constructor(deps: LoadWindowDeps) {
    this.#deps = deps;
  }

  /** Counts a commit or a frame at a time in monotonic milliseconds. Returns the window in milliseconds. */
  count(now: number): number {
    this.#count += 1;
    this.#lookedAt ??= now;
    const passedMs = now - this.#lookedAt;
    if (passedMs >= LOOK_EVERY_MS) {
      this.#windowMs = this.#next(now, (this.#count * 1_000) / passedMs);
      this.#lookedAt = now;
      this.#count = 0;
    }
    return this.#windowMs;
  }

  #next(now: number, perSecond: number): number {
    const { busy, fromPerSecond } = this.#deps;
    const windowMs = windowForLoad(busy(), this.#windowMs);
    if (this.#windowMs > 0) return now - this.#begunAt < LOOK_AGAIN_MS ? windowMs : 0;
    this.#begunAt = now;
    return perSecond < fromPerSecond ? 0 : windowMs;
  }
}
