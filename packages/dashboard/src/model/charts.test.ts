import { expect, test } from 'vitest';
import type { History, Minutes, TotalsLine } from './answers.js';
import { continued, RecentPoints, seriesOf } from './charts.js';

const MINUTE = 60_000;
const NOW = 100 * MINUTE + 30_000;

const minutes = (ends: readonly number[], value: number): Minutes => {
  const column = ends.map(() => value);
  return {
    at: ends.map((end) => end * MINUTE + 400),
    connections: column,
    sessions: column,
    runs: column,
    sent_per_s: column,
    sent_bytes_per_s: column,
    loop_delay_ms: column,
    rss_bytes: column,
  };
};

const history: History = {
  nodes: [
    { node: 'one', minutes: minutes([95, 96, 97, 98, 99, 100], 10) },
    { node: 'two', minutes: minutes([98, 99, 100], 5) },
  ],
  unreachable: [],
};

test('servers are added up minute by minute, and a minute without any is a gap', () => {
  const { at, values } = seriesOf(history, 'sessions', 8, NOW);
  expect(at.map((each) => each / 60)).toEqual([93, 94, 95, 96, 97, 98, 99, 100]);
  expect(values).toEqual([null, null, 10, 10, 10, 15, 15, 15]);
});

test('an axis has its length without a value, and goes on to this moment', () => {
  const empty = seriesOf(undefined, 'sessions', 3, NOW);
  expect([empty.from / 60, empty.to / 60, empty.values]).toEqual([98, 100, [null, null, null]]);
  const totals = { at: NOW, cluster: { runs: { running: 2, waiting: 1 } } } as TotalsLine;
  const { to, at, values } = continued(empty, 'runs', totals);
  expect([to, at.at(-1), values.at(-1)]).toEqual([NOW / 1_000, NOW / 1_000, 3]);
});

test('of delays the greatest is shown', () => {
  expect(seriesOf(history, 'loop_delay_ms', 2, NOW).values).toEqual([10, 10]);
});

test('a server whose clock is a little ahead has its minutes in their places', () => {
  const ahead = { nodes: [{ node: 'one', minutes: minutes([100.2], 3) }], unreachable: [] };
  expect(seriesOf(ahead, 'runs', 2, NOW).values).toEqual([null, 3]);
});

test('recent points are those of the live figures, and no more than so many', () => {
  const points = new RecentPoints(2);
  const totals = (at: number, active: number) =>
    ({ at, nodes: [], cluster: { sessions: { active, idle: 1 } } }) as unknown as TotalsLine;
  for (const each of [totals(1_000, 1), totals(2_000, 2), totals(2_000, 2), totals(3_000, 3)]) {
    points.add(each);
  }
  expect(points.series('sessions', 9_000)).toEqual({ from: 1, to: 3, at: [2, 3], values: [3, 4] });
  expect(new RecentPoints(60).series('runs', 100_000)).toEqual({
    from: 40,
    to: 100,
    at: [],
    values: [],
  });
});
