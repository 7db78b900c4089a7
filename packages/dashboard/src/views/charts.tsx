/** The charts of the overview, over the last minutes, the last hour or the last day. */

import { useEffect, useMemo, useState } from 'react';
import { useAnswer } from '../hooks/use-answer.js';
import { useLiveView } from '../hooks/use-live.js';
import type { History } from '../model/answers.js';
import { type Figure, RecentPoints, type Series, seriesOf } from '../model/charts.js';
import { bytes, duration, number, rate } from '../model/format.js';
import { Chart } from './chart.js';

const CHARTS: readonly {
  readonly figure: Figure;
  readonly name: string;
  readonly show: (value: number) => string;
}[] = [
  { figure: 'sessions', name: 'Sessions', show: number },
  { figure: 'runs', name: 'Replies', show: number },
  { figure: 'sent_per_s', name: 'Events sent a second', show: rate },
  { figure: 'loop_delay_ms', name: 'Loop delay', show: duration },
  { figure: 'sent_bytes_per_s', name: 'Bytes of events a second', show: bytes },
  { figure: 'rss_bytes', name: 'Memory', show: bytes },
];

const RANGES = [
  { name: '5 min', minutes: 0 },
  { name: 'Hour', minutes: 60 },
  { name: 'Day', minutes: 1_440 },
] as const;

const RECENT_POINTS = 300;
const MINUTE_MS = 60_000;
const NO_SERIES: Series = { at: [], values: [] };
/** A new minute is there once a minute. */
const ASK_EVERY_MS = 60_000;

/** It outlives the view: an operator that comes back to the overview sees the minutes before. */
const recent = new RecentPoints(RECENT_POINTS);

export function Charts() {
  const { totals } = useLiveView();
  const [range, setRange] = useState<(typeof RANGES)[number]>(RANGES[0]);
  const history = useAnswer<History>(range.minutes > 0 ? 'debug/history' : '', ASK_EVERY_MS);
  useEffect(() => {
    if (totals) recent.add(totals);
  }, [totals]);
  const { value } = history;
  const minute = Math.floor((totals?.at ?? 0) / MINUTE_MS);
  // The minutes change once a minute, the recent points each second.
  const series = useMemo(() => {
    if (range.minutes === 0 || !value) return CHARTS.map(() => NO_SERIES);
    return CHARTS.map(({ figure }) => seriesOf(value, figure, range.minutes, minute * MINUTE_MS));
  }, [value, range, minute]);
  return (
    <section aria-labelledby="charts">
      <div className="section-head">
        <h2 id="charts">Charts</h2>
        <fieldset className="choices">
          <legend className="unseen">How far back the charts go</legend>
          {RANGES.map((each) => (
            <button
              key={each.name}
              type="button"
              className="button switch"
              aria-pressed={each === range}
              onClick={() => setRange(each)}
            >
              {each.name}
            </button>
          ))}
        </fieldset>
      </div>
      <div className="charts">
        {CHARTS.map(({ figure, name, show }, index) => (
          <Chart
            key={figure}
            name={name}
            series={range.minutes > 0 ? (series[index] ?? NO_SERIES) : recent.series(figure)}
            show={show}
          />
        ))}
      </div>
      {range.minutes > 0 && (
        <p className="about">
          One value a minute, since the servers were started.{' '}
          {history.problem ? history.problem.message : ''}
        </p>
      )}
    </section>
  );
}
