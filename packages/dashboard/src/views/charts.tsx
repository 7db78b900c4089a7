/** The charts of the overview, over the last minutes, the last hour or the last day. */

import { useEffect, useMemo, useState } from 'react';
import { useAnswer } from '../hooks/use-answer.js';
import { useLiveView } from '../hooks/use-live.js';
import { useNow } from '../hooks/use-now.js';
import type { History } from '../model/answers.js';
import { continued, type Figure, RecentPoints, seriesOf } from '../model/charts.js';
import { bytes, duration, number, rate } from '../model/format.js';
import { Chart } from './chart.js';
import { Choices } from './choices.js';

const CHARTS: readonly {
  readonly figure: Figure;
  readonly name: string;
  readonly show: (value: number) => string;
  readonly least: number;
}[] = [
  { figure: 'sessions', name: 'Sessions', show: number, least: 4 },
  { figure: 'runs', name: 'Replies', show: number, least: 4 },
  { figure: 'sent_per_s', name: 'Events sent a second', show: rate, least: 4 },
  { figure: 'loop_delay_ms', name: 'Loop delay', show: duration, least: 10 },
  { figure: 'sent_bytes_per_s', name: 'Bytes of events a second', show: bytes, least: 1_000 },
  { figure: 'rss_bytes', name: 'Memory', show: bytes, least: 1_000_000 },
];

const RANGES = [
  { name: '5 min', minutes: 0 },
  { name: 'Hour', minutes: 60 },
  { name: 'Day', minutes: 1_440 },
] as const;

const RECENT_POINTS = 300;
const MINUTE_MS = 60_000;
/** A new minute is there once a minute. */
const ASK_EVERY_MS = 60_000;

/** Fewer minutes than this are no picture of an hour. */
const ENOUGH_MINUTES = 10;

const isYoung = (history: History | undefined): boolean =>
  (history?.nodes ?? []).every(({ minutes }) => minutes.at.length < ENOUGH_MINUTES);

/** It outlives the view: an operator that comes back to the overview sees the minutes before. */
const recent = new RecentPoints(RECENT_POINTS);

export function Charts() {
  const { totals } = useLiveView();
  const [chosen, setRange] = useState<(typeof RANGES)[number]>();
  const history = useAnswer<History>('debug/history', ASK_EVERY_MS);
  useEffect(() => {
    if (totals) recent.add(totals);
  }, [totals]);
  const { value } = history;
  const range = chosen ?? RANGES[isYoung(value) ? 0 : 1];
  const clock = useNow();
  const now = totals?.at ?? clock;
  const minute = Math.floor(now / MINUTE_MS);
  // The minutes change once a minute, the recent points each second.
  const past = useMemo(
    () => CHARTS.map(({ figure }) => seriesOf(value, figure, range.minutes, minute * MINUTE_MS)),
    [value, range, minute],
  );
  const series = CHARTS.map(({ figure }, index) => {
    const of = past[index];
    if (range.minutes === 0 || !of) return recent.series(figure, now);
    return totals ? continued(of, figure, totals) : of;
  });
  return (
    <section aria-labelledby="charts">
      <div className="section-head">
        <h2 id="charts">Charts</h2>
        <Choices
          about="How far back the charts go"
          of={RANGES}
          chosen={range}
          onChoose={setRange}
        />
      </div>
      <div className="charts">
        {CHARTS.map(({ figure, ...chart }, index) => {
          const of = series[index];
          return of && <Chart key={figure} {...chart} series={of} />;
        })}
      </div>
      {range.minutes > 0 && (
        <p className="about">
          One value a minute since each server was started, and the value of this moment.{' '}
          {history.problem ? history.problem.message : ''}
        </p>
      )}
    </section>
  );
}
