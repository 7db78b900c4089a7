import { expect, test } from 'vitest';
import type { LiveLine, SessionRow } from './answers.js';
import { applyLine, type LiveState, NOTHING_YET, rowAt } from './live.js';

const row = (session_id: string, more: Partial<SessionRow> = {}): SessionRow => ({
  session_id,
  thread_id: 't',
  user_id: null,
  protocol: 2,
  status: 'active',
  transport: 'websocket',
  node: 'here',
  remote_address: null,
  connected_at: 0,
  last_activity: 0,
  offset: 0,
  head: 0,
  lag: 0,
  waiting: null,
  rtt_ms: null,
  expires_at: null,
  ...more,
});

const after = (...lines: readonly LiveLine[]): LiveState => lines.reduce(applyLine, NOTHING_YET);

const first: LiveLine = {
  type: 'sessions',
  from: 40,
  total: 90,
  complete: false,
  rows: [row('a'), row('b')],
};

test('the first line has the rows of the window', () => {
  const { list } = after(first);
  expect(list && [rowAt(list, 40), rowAt(list, 41), rowAt(list, 42), rowAt(list, 39)]).toEqual([
    row('a'),
    row('b'),
    undefined,
    undefined,
  ]);
});

test('later lines change fields, and the order', () => {
  const { list } = after(
    first,
    { type: 'rows', total: 90, complete: true, rows: [{ session_id: 'b', lag: 7 }] },
    { type: 'rows', total: 91, complete: true, order: ['b', 'c'], rows: [row('c')] },
  );
  expect(list).toEqual({
    from: 40,
    total: 91,
    complete: true,
    rows: [row('b', { lag: 7 }), row('c')],
  });
});

test('figures stand beside the rows, and unknown lines change nothing', () => {
  const totals = { type: 'totals', at: 5 } as LiveLine;
  const state = after(first, totals, { type: 'weather' } as unknown as LiveLine);
  expect([state.totals, state.list?.total]).toEqual([totals, 90]);
});

test('changes of rows that were never sent are passed over', () => {
  expect(after({ type: 'rows', total: 1, complete: true, rows: [] })).toEqual(NOTHING_YET);
});
