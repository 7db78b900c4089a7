/** Limits a repeated log line: written at once, then once a minute with the count. */

import type { Cancel, Clock } from '../util/clock.js';

const WINDOW_MS = 60_000;

type Fields = () => object;

export class RepeatedLine {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #log: (fields: object) => void;
  /** Cancels the minute that follows a line; undefined while none runs. */
  #cancel: Cancel | undefined;
  /** The count since the last line, and the fields of the newest. */
  #count = 0;
  #newest: Fields = () => ({});

  constructor(clock: Pick<Clock, 'after'>, log: (fields: object) => void) {
    this.#clock = clock;
    this.#log = log;
  }

  write(fields: Fields): void {
    this.#count += 1;
    this.#newest = fields;
    if (!this.#cancel) this.#flush();
  }

  /** Writes what was only counted, and stops the timer. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#count > 0) this.#log({ ...this.#newest(), times: this.#count });
    this.#count = 0;
  }

  #flush(): void {
    this.#cancel = undefined;
    if (this.#count === 0) return;
    this.#log({ ...this.#newest(), times: this.#count });
    this.#count = 0;
    this.#cancel = this.#clock.after(WINDOW_MS, () => this.#flush());
  }
}
