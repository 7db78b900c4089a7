/**
 * Work in the background that takes no more than a share of the event loop: parts of a millisecond or two, with rests in
 * between. Work that something waits for rests only for a turn.
 */

import type { Clock } from './clock.js';

const PART_MS = 1.5;
/** Steps between two looks at the clock. */
const STEPS_PER_LOOK = 16;

/** Work in steps: it may rest wherever it yields. */
export type Steps<T> = Generator<undefined, T>;

export class PacedWork {
  readonly #clock: Pick<Clock, 'after' | 'now'>;
  #isStopped = false;

  constructor(clock: Pick<Clock, 'after' | 'now'>) {
    this.#clock = clock;
  }

  /**
   * Resolves with the result of the work, or with undefined if it was stopped.
   *
   * @param share of the time, above 0; with 1 other work has its turn in between, and no more than that
   */
  async run<T>(steps: Steps<T>, share: number): Promise<T | undefined> {
    let beganAt = this.#clock.now();
    for (let step = 1; !this.#isStopped; step += 1) {
      const { done, value } = steps.next();
      if (done) return value;
      if (step % STEPS_PER_LOOK !== 0) continue;
      const workedMs = this.#clock.now() - beganAt;
      if (workedMs < PART_MS) continue;
      await this.#rest(workedMs / share - workedMs);
      beganAt = this.#clock.now();
    }
    return undefined;
  }

  /** Ends what is under way at its next rest. */
  stop(): void {
    this.#isStopped = true;
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(ms, resolve);
    });
  }
}
