import { expect, test } from 'vitest';
import { MINUTES, type Minute, MinuteHistory } from './minute-history.js';

const minute = (at: number): Minute => ({
  at,
  connections: at * 10,
  sessions: 2,
  runs: 3,
  threads: 4,
  published_per_s: 5,
  sent_per_s: 6,
  sent_bytes_per_s: 7,
  loop_delay_ms: 8,
  rss_bytes: 9,
});

test('it has a column for each figure, oldest first', () => {
  const history = new MinuteHistory();
  expect(history.columns().at).toEqual([]);
  for (const at of [1, 2]) history.add(minute(at));
  const columns = history.columns();
  expect(Object.keys(columns).sort()).toEqual(Object.keys(minute(1)).sort());
  expect([columns.at, columns.connections, columns.rss_bytes]).toEqual([
    [1, 2],
    [10, 20],
    [9, 9],
  ]);
});

test('it keeps a day', () => {
  const history = new MinuteHistory();
  for (let at = 1; at <= MINUTES + 5; at += 1) history.add(minute(at));
  const { at } = history.columns();
  expect([at.length, at[0], at.at(-1)]).toEqual([MINUTES, 6, MINUTES + 5]);
});
