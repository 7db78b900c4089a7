import { expect, test } from 'vitest';
import { type Timeline, timelineOf } from './timeline.js';
import type { TraceLine } from './trace.js';

type Fields = Readonly<Record<string, string | number | null>>;

const trace = (...steps: readonly (readonly [at: number, step: string, fields?: Fields])[]) => ({
  nodes: [],
  lines: steps.map(
    ([time, step, fields = {}], seq): TraceLine => ({
      time,
      seq,
      node: 'one',
      started_at: 0,
      step,
      ...fields,
    }),
  ),
});

const barsOf = ({ lanes }: Timeline, name: string) =>
  lanes.find((lane) => lane.name === name)?.bars.map(({ from, to, kind }) => [from, to, kind]);
const marksOf = ({ lanes }: Timeline, name: string) =>
  lanes.find((lane) => lane.name === name)?.marks.map(({ at, tone, line }) => [at, tone, line]);

test('connections are bars, one for each transport; an open one goes on to the end', () => {
  const timeline = timelineOf(
    trace(
      [1_000, 'connect', { connection: 'a', transport: 'polling' }],
      [2_000, 'upgrade', { connection: 'a', transport: 'websocket' }],
      [9_000, 'disconnect', { connection: 'a', reason: 'ping timeout' }],
      [12_000, 'connect', { connection: 'b', transport: 'websocket' }],
    ),
    20_000,
  );
  expect(barsOf(timeline, 'Connection')).toEqual([
    [1_000, 2_000, 'polling'],
    [2_000, 9_000, 'websocket'],
    [12_000, 20_000, 'websocket'],
  ]);
  expect([timeline.from, timeline.to]).toEqual([1_000, 20_000]);
  expect(timeline.lanes[0]?.bars[1]?.label).toBe('websocket, 7 s: ping timeout');
});

test('registrations and their ends are marks with the lines that they are', () => {
  const timeline = timelineOf(
    trace(
      [1_000, 'register', { connection: 'a', outcome: 'new', transport: 'websocket' }],
      [2_000, 'register_refused', { code: 'token_expired' }],
      [3_000, 'register', { connection: 'b', outcome: 'resumed' }],
      [4_000, 'gap', { gap_from: 1, gap_to: 2, reason: 'trimmed' }],
      [5_000, 'expire', { reason: 'idle' }],
    ),
  );
  expect(marksOf(timeline, 'Session')).toEqual([
    [1_000, 'plain', 0],
    [2_000, 'broken', 1],
    [3_000, 'good', 2],
    [5_000, 'broken', 4],
  ]);
  expect(marksOf(timeline, 'Delivery')).toEqual([[4_000, 'broken', 3]]);
});

test('a pause lasts until something goes on, and a sample that waits begins one', () => {
  const timeline = timelineOf(
    trace(
      [1_000, 'pause', { waiting: 'credit' }],
      [1_400, 'acknowledged', { offset: 3 }],
      [60_000, 'sample', { waiting: 'transport', rtt_ms: 20 }],
      [120_000, 'sample', { waiting: 'transport', rtt_ms: 40 }],
      [180_000, 'sample', { waiting: null, rtt_ms: 30 }],
    ),
  );
  expect(barsOf(timeline, 'Delivery')).toEqual([
    [1_000, 1_400, 'credit'],
    [60_000, 180_000, 'transport'],
  ]);
  expect(timeline.roundTrips).toEqual([
    { at: 60_000, ms: 20 },
    { at: 120_000, ms: 40 },
    { at: 180_000, ms: 30 },
  ]);
});

test('replies are bars; one whose beginning is not in the trace began as long ago as its end says', () => {
  const timeline = timelineOf(
    trace(
      [10_000, 'run_finished', { run_id: 'old', status: 'failed', ms: 4_000 }],
      [11_000, 'run_started', { run_id: 'a' }],
      [14_000, 'run_started', { run_id: 'b' }],
      [15_000, 'run_finished', { run_id: 'a', status: 'completed', ms: 4_000 }],
    ),
    16_000,
  );
  expect(barsOf(timeline, 'Replies')).toEqual([
    [6_000, 10_000, 'failed'],
    [11_000, 15_000, 'completed'],
    [14_000, 16_000, 'running'],
  ]);
  expect(timeline.from).toBe(6_000);
});

test('what is known when it is over is drawn where it was', () => {
  const timeline = timelineOf(
    trace(
      [60_000, 'frozen', { silent_ms: 50_000, frozen_ms: 48_000 }],
      [70_000, 'loop_blocked', { ms: 2_000 }],
    ),
  );
  expect(barsOf(timeline, 'Session')).toEqual([[10_000, 60_000, 'frozen']]);
  expect(barsOf(timeline, 'Server')).toEqual([[68_000, 70_000, 'blocked']]);
});

test('the clocks of servers are set to that of the one that was asked', () => {
  const { lines } = trace([1_000, 'process_started'], [9_000, 'process_started']);
  const [first, second] = lines as [TraceLine, TraceLine];
  const node = { node: 'two', clock_offset_ms: 5_000, kept: 'files', stopped: null, dropped: 0 };
  const timeline = timelineOf({ nodes: [node], lines: [first, { ...second, node: 'two' }] });
  expect(marksOf(timeline, 'Server')?.map(([at]) => at)).toEqual([1_000, 4_000]);
});

test('a trace without lines, or with one, has an axis', () => {
  expect(timelineOf(trace())).toMatchObject({ from: 0, to: 1_000, lanes: [] });
  expect(timelineOf(trace([5, 'forget']))).toMatchObject({ from: 5, to: 1_005, lanes: [] });
});
