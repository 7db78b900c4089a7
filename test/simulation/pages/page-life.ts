/**
 * What happens to a page as a whole: it is frozen and thawed, and it goes. Its timers and what arrives
 * for it wait while it is frozen, and come to nothing when it is gone.
 */

import type { Scheduler } from '../time/scheduler.js';

export class PageLife {
  readonly #scheduler: Scheduler;
  readonly #waiting: (() => void)[] = [];
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

  /** Does `work` now, or when the page is thawed. */
  run(work: () => void): void {
    if (this.#gone) return;
    if (this.#frozen) this.#waiting.push(work);
    else work();
  }

  freeze(): void {
    this.#frozen = true;
  }

  /** What has waited happens now, one after another. */
  thaw(): void {
    if (!this.#frozen) return;
    this.#frozen = false;
    for (const work of this.#waiting.splice(0)) this.#scheduler.after(0, () => this.run(work));
  }

  end(): void {
    this.#gone = true;
    this.#waiting.length = 0;
  }
}
