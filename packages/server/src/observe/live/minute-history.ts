/** Figures of a node, one record a minute, for a day. Pure. */

import type { FlowRates } from './flow.js';

/** A minute, as it ended. */
export interface Minute extends FlowRates {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly connections: number;
  readonly sessions: number;
  readonly runs: number;
  readonly threads: number;
  readonly rss_bytes: number;
}

/** The same as columns: shorter as JSON, and as charts want it. All have the same length, oldest first. */
export type MinuteColumns = { readonly [Name in keyof Minute]: readonly number[] };

export const MINUTES = 1_440;

const COLUMNS = [
  'at',
  'connections',
  'sessions',
  'runs',
  'threads',
  'published_per_s',
  'sent_per_s',
  'sent_bytes_per_s',
  'loop_delay_ms',
  'rss_bytes',
] satisfies readonly (keyof Minute)[];

export class MinuteHistory {
  #minutes: Minute[] = [];

  add(minute: Minute): void {
    this.#minutes.push(minute);
    if (this.#minutes.length > MINUTES) this.#minutes.shift();
  }

  columns(): MinuteColumns {
    const entries = COLUMNS.map((name) => [name, this.#minutes.map((minute) => minute[name])]);
    return Object.fromEntries(entries) as MinuteColumns;
  }
}
