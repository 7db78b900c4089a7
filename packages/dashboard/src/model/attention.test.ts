import { expect, test } from 'vitest';
import type { NodeTotals, TotalsLine } from './answers.js';
import { noticesOf } from './attention.js';

const figures = {
  connections: {},
  sessions: {},
  runs: { waiting: 0, running: 1 },
  threads: 0,
  published_per_s: 0,
  sent_per_s: 0,
  sent_bytes_per_s: 0,
};
const node = (more: Partial<NodeTotals> = {}): NodeTotals => ({
  ...figures,
  node: 'one',
  draining: false,
  loop_delay_ms: 2,
  memory: { rss_bytes: 1e8, heap_used_bytes: 5e7, heap_limit_bytes: 4e9 },
  ...more,
});
const totals = (more: Partial<TotalsLine> = {}): TotalsLine => ({
  type: 'totals',
  at: 0,
  nodes: [node()],
  unreachable: [],
  cluster: { ...figures, disconnected: 0, findings: [] },
  ...more,
});
const codes = (more: Partial<TotalsLine>) => noticesOf(totals(more)).map(({ code }) => code);

test('healthy servers need nothing', () => {
  expect(codes({})).toEqual([]);
});

test.each<[code: string, more: Partial<TotalsLine>]>([
  ['unreachable', { unreachable: ['two'] }],
  ['loop_late', { nodes: [node({ loop_delay_ms: 60 })] }],
  [
    'memory_full',
    {
      nodes: [node({ memory: { rss_bytes: 4e9, heap_used_bytes: 3.6e9, heap_limit_bytes: 4e9 } })],
    },
  ],
  ['draining', { nodes: [node({ draining: true })] }],
  [
    'replies_wait',
    { cluster: { ...figures, runs: { waiting: 20, running: 3 }, disconnected: 0, findings: [] } },
  ],
])('%s is noticed', (code, more) => {
  expect(codes(more)).toEqual([code]);
});

test('the worst comes first, and each says what to do', () => {
  const notices = noticesOf(
    totals({ nodes: [node({ draining: true }), node({ node: 'two', loop_delay_ms: 300 })] }),
  );
  expect(notices.map(({ tone, title }) => [tone, title])).toEqual([
    ['broken', 'two is busy: everything there waits'],
    ['worried', 'one stops'],
  ]);
  for (const { evidence, next } of notices) expect([evidence, next]).not.toContain('');
});
