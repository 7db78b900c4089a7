/** The charts of the overview: columns over time, from the minutes of all servers. */

import type { History, Minutes, TotalsLine } from './answers.js';

export type Figure =
  | 'sessions'
  | 'runs'
  | 'sent_per_s'
  | 'sent_bytes_per_s'
  | 'loop_delay_ms'
  | 'rss_bytes';

/** How the values of several servers at one time become one. */
const JOINED: Readonly<Record<Figure, 'sum' | 'most'>> = {
  sessions: 'sum',
  runs: 'sum',
  sent_per_s: 'sum',
  sent_bytes_per_s: 'sum',
  loop_delay_ms: 'most',
  rss_bytes: 'sum',
};

export interface Series {
  /** Where the axis of time begins and ends, in seconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** Seconds since 1970, rising. */
  readonly at: readonly number[];
  /** Null where there is none: a line is broken there. */
  readonly values: readonly (number | null)[];
}

const MINUTE_S = 60;

/**
 * The last minutes up to a time, each with the value of all servers together.
 *
 * @param history undefined while it is not there
 * @param now milliseconds since 1970
 */
export function seriesOf(
  history: History | undefined,
  figure: Figure,
  minutes: number,
  now: number,
): Series {
  const end = Math.floor(now / 1_000 / MINUTE_S) * MINUTE_S;
  const first = end - (minutes - 1) * MINUTE_S;
  const slots: number[][] = Array.from({ length: minutes }, () => []);
  for (const { minutes: columns } of history?.nodes ?? []) collect(columns, figure, first, slots);
  return {
    from: first,
    to: end,
    at: slots.map((_, index) => first + index * MINUTE_S),
    values: slots.map((values) => joined(values, JOINED[figure])),
  };
}

function collect(columns: Minutes, figure: Figure, first: number, slots: number[][]): void {
  columns.at.forEach((at, index) => {
    const value = columns[figure][index];
    const slot = slots[Math.round((at / 1_000 - first) / MINUTE_S)];
    if (value !== undefined) slot?.push(value);
  });
}

function joined(values: readonly number[], how: 'sum' | 'most'): number | null {
  if (values.length === 0) return null;
  return how === 'sum' ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values);
}

/** What a chart shows of the figures of this moment. */
const NOW: Readonly<Record<Figure, (totals: TotalsLine) => number>> = {
  sessions: ({ cluster }) => sum(Object.values(cluster.sessions)),
  runs: ({ cluster }) => cluster.runs.running + cluster.runs.waiting,
  sent_per_s: ({ cluster }) => cluster.sent_per_s,
  sent_bytes_per_s: ({ cluster }) => cluster.sent_bytes_per_s,
  loop_delay_ms: ({ nodes }) => Math.max(0, ...nodes.map(({ loop_delay_ms }) => loop_delay_ms)),
  rss_bytes: ({ nodes }) => sum(nodes.map(({ memory }) => memory.rss_bytes)),
};

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** The same up to this moment: a history ends with the last whole minute. */
export function continued(series: Series, figure: Figure, totals: TotalsLine): Series {
  const at = totals.at / 1_000;
  // It is drawn at the end of the axis, wherever in its minute it is.
  const to = Math.max(series.to, at);
  return { ...series, to, at: [...series.at, to], values: [...series.values, NOW[figure](totals)] };
}

/** Points of the last minutes as they came, once a second: it has no gap at its end, as a history has. */
export class RecentPoints {
  readonly #points: TotalsLine[] = [];
  readonly #most: number;

  /** @param most how many, and so how many seconds */
  constructor(most: number) {
    this.#most = most;
  }

  add(totals: TotalsLine): void {
    if (this.#points.at(-1)?.at === totals.at) return;
    this.#points.push(totals);
    if (this.#points.length > this.#most) this.#points.shift();
  }

  /** @param now milliseconds since 1970, for the axis of one without a point */
  series(figure: Figure, now: number): Series {
    const to = (this.#points.at(-1)?.at ?? now) / 1_000;
    return {
      from: to - this.#most,
      to,
      at: this.#points.map(({ at }) => at / 1_000),
      values: this.#points.map((totals) => NOW[figure](totals)),
    };
  }
}
