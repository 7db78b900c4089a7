import { expect, test } from 'vitest';
import type { NodeTotals } from './node-totals.js';
import { totalsMessage } from './totals-message.js';

const totals = (node: string, more: Partial<NodeTotals>): NodeTotals => ({
  node,
  draining: false,
  connections: { websocket: 3 },
  sessions: { active: 2 },
  runs: { waiting: 1, running: 2 },
  threads: 2,
  published_per_s: 0.1,
  sent_per_s: 10.2,
  sent_bytes_per_s: 100,
  loop_delay_ms: 1.5,
  memory: { rss_bytes: 1, heap_used_bytes: 2, heap_limit_bytes: 3 },
  ...more,
});

test('the figures of the nodes are added up, each kind for itself', () => {
  const nodes = [
    totals('one', {}),
    totals('two', {
      connections: { websocket: 1, polling: 4 },
      sessions: {},
      published_per_s: 0.2,
    }),
  ];
  const watched = { totals: nodes, unreachable: ['three'], disconnected: 7 };
  const message = JSON.parse(totalsMessage(watched, 1_234));
  expect(message).toEqual({
    type: 'totals',
    at: 1_234,
    nodes,
    unreachable: ['three'],
    cluster: {
      connections: { websocket: 4, polling: 4 },
      sessions: { active: 2 },
      runs: { waiting: 2, running: 4 },
      threads: 4,
      published_per_s: 0.3,
      sent_per_s: 20.4,
      sent_bytes_per_s: 200,
      disconnected: 7,
    },
  });
});
