/** Limits a repeated log line: written at once, then once a minute with the count. */

import type { Cancel, Clock } from '../util/clock.js';

const WINDOW_MS = 60_000;

type Fields = () => object;

export class RepeatedLine {
  readonly #clock: Pick<Clock, 'after' | 'now'>;
  readonly #log: (fields: object) => void;
  /** When the minute that follows the newest line is over, in monotonic milliseconds. */
  #quietUntil = Number.NEGATIVE_INFINITY;
  /** Cancels the next line; undefined while nothing is to be said. */
  #cancel: Cancel | undefined;
  /** The count since the last line, and the fields of the newest. */
  #count = 0;
  #newest: Fields = () => ({});

  constructor(clock: Pick<Clock, 'after' | 'now'>, log: (fields: object) => void) {
    this.#clock = clock;
    this.#log = log;
  }

  write(fields: Fields): void {
    this.#count += 1;
    this.#newest = fields;
    const waitMs = this.#quietUntil - this.#clock.now();
    if (waitMs <= 0) this.#flush();
    // A line that is not repeated leaves no timer.
    else this.#cancel ??= this.#clock.after(waitMs, () => this.#flush());
  }

  /** Writes what was only counted, and stops the timer. */
  stop(): void {
    if (this.#count > 0) this.#flush();
  }

  #flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#log({ ...this.#newest(), times: this.#count });
    this.#count = 0;
    this.#quietUntil = this.#clock.now() + WINDOW_MS;
  }
}
