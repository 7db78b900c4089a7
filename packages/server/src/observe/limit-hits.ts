/** Counts how often each limit was hit, and writes one trace line a minute for each. */

import type { CountedLimit } from '../limits.js';
import type { Clock } from '../util/clock.js';
import { RepeatedLine } from './repeated-line.js';
import type { Trace } from './trace.js';
import type { StepFields } from './trace-steps.js';

/** What hit a limit. */
export type HitFields = Omit<StepFields<'limit'>, 'limit' | 'times'>;

export class LimitHits {
  readonly #clock: Pick<Clock, 'after' | 'now'>;
  readonly #trace: Trace;
  readonly #counts = new Map<CountedLimit, number>();
  readonly #lines = new Map<CountedLimit, RepeatedLine>();

  constructor(clock: Pick<Clock, 'after' | 'now'>, trace: Trace) {
    this.#clock = clock;
    this.#trace = trace;
  }

  /** @param fields who hit it: the line has those of the newest hit */
  add(limit: CountedLimit, fields: HitFields): void {
    this.#counts.set(limit, this.of(limit) + 1);
    let line = this.#lines.get(limit);
    if (!line) {
      line = new RepeatedLine(this.#clock, (fields) =>
        this.#trace('limit', { limit, ...(fields as HitFields) }),
      );
      this.#lines.set(limit, line);
    }
    line.write(() => fields);
  }

  /** How often a limit was hit since the start. */
  of(limit: CountedLimit): number {
    return this.#counts.get(limit) ?? 0;
  }

  /** Writes the lines that are only counted so far. */
  stop(): void {
    for (const line of this.#lines.values()) line.stop();
  }
}
