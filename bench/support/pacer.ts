/** Calls `work` so many times a second. A late timer makes up at once for what it has missed. */

import { clockMs } from './usage.js';

export class Pacer {
  readonly #timer: NodeJS.Timeout;

  /** @param work is given the time, in monotonic milliseconds */
  constructor(perSecond: number, work: (at: number) => void) {
    const startedAt = clockMs();
    let done = 0;
    this.#timer = setInterval(() => {
      const now = clockMs();
      for (const due = ((now - startedAt) * perSecond) / 1_000; done < due; done += 1) work(now);
    }, 1);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
