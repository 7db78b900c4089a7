/** One trace line for the first refusal on a connection, then one a second that counts the rest. */

import type { Fault } from '@session-monitor/protocol';
import type { Trace } from '../observe/trace.js';
import type { Cancel, Clock } from '../util/clock.js';

const SUMMARY_INTERVAL_MS = 1_000;

export class BadInputReport {
  readonly #connection: string;
  readonly #trace: Trace;
  readonly #clock: Clock;
  #cancel: Cancel | undefined;
  #suppressed = 0;

  constructor(connection: string, trace: Trace, clock: Clock) {
    this.#connection = connection;
    this.#trace = trace;
    this.#clock = clock;
  }

  add(event: string, { code, message, field }: Fault): void {
    if (this.#cancel) {
      this.#suppressed += 1;
      return;
    }
    this.#trace('bad_input', { connection: this.#connection, event, code, field, message });
    this.#cancel = this.#clock.after(SUMMARY_INTERVAL_MS, () => this.#summarise());
  }

  /** The connection is gone: traces the pending summary now. */
  close(): void {
    this.#cancel?.();
    this.#summarise();
  }

  #summarise(): void {
    this.#cancel = undefined;
    if (this.#suppressed === 0) return;
    this.#trace('bad_input', { connection: this.#connection, suppressed: this.#suppressed });
    this.#suppressed = 0;
  }
}
