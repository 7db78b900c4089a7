/** Measures the longest time for which an event loop was blocked. */

const EVERY_MS = 5;

export class LoopWatch {
  #timer: NodeJS.Timeout | undefined;
  #last = 0;
  #longest = 0;

  start(): void {
    this.#longest = 0;
    this.#last = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#longest = Math.max(this.#longest, now - this.#last - EVERY_MS);
      this.#last = now;
    }, EVERY_MS);
  }

  /** Returns the longest delay, in milliseconds beyond the timer's interval. */
  stop(): number {
    clearInterval(this.#timer);
    this.#longest = Math.max(this.#longest, performance.now() - this.#last - EVERY_MS);
    return this.#longest;
  }
}
