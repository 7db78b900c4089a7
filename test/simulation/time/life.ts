/**
 * The life of a page or a process: it is frozen, thawed, and ends. Its timers and whatever arrives wait while it is
 * frozen, and are dropped when it is gone.
 */

import type { Scheduler } from './scheduler.js';

export class Life {
  readonly #scheduler: Scheduler;
  readonly #waiting: (() => void)[] = [];
  readonly #onEnd: ((silently: boolean) => void)[] = [];
  #frozen = false;
  #gone = false;
  /** Timers that have neither fired nor been cancelled. */
  pending = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  get gone(): boolean {
    return this.#gone;
  }

  after(ms: number, fn: () => void): () => void {
    let waiting = true;
    this.pending += 1;
    const end = () => {
      if (waiting) this.pending -= 1;
      waiting = false;
    };
    const cancel = this.#scheduler.after(ms, () =>
      this.run(() => {
        if (!waiting) return;
        end();
        fn();
      }),
    );
    return () => {
      end();
      cancel();
    };
  }

  /** Does `work` now, or when it is thawed. */
  run(work: () => void): void {
    if (this.#gone) return;
    if (this.#frozen) this.#waiting.push(work);
    else work();
  }

  freeze(): void {
    this.#frozen = true;
  }

  /** Runs the waiting work, one piece after another. */
  thaw(): void {
    if (!this.#frozen) return;
    this.#frozen = false;
    for (const work of this.#waiting.splice(0)) this.#scheduler.after(0, () => this.run(work));
  }

  /** @param silently its machine is gone, too: its peers do not notice */
  end(silently = false): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#waiting.length = 0;
    for (const listener of this.#onEnd) listener(silently);
  }

  onEnd(listener: (silently: boolean) => void): void {
    this.#onEnd.push(listener);
  }
}
