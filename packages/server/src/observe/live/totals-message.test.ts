import { expect, test } from 'vitest';
import type { OngoingFinding } from './finding-tally.js';
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
  findings: [],
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
    nodes: nodes.map(({ findings: _, ...node }) => node),
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
      findings: [],
    },
  });
});

test('what is found on several nodes is one finding, as where it has held longest', () => {
  const slow: OngoingFinding = {
    code: 'slow_reader',
    about: 'session',
    count: 2,
    since: 2_000,
    node: 'one',
    session_id: 'a',
    thread_id: 't',
    title: 'Slow.',
    evidence: ['90 events behind.'],
    next: 'Wait.',
  };
  const stuck: OngoingFinding = { ...slow, code: 'stuck_on_polling', count: 1 };
  const older = { ...slow, node: 'two', session_id: 'b', count: 3, since: 1_000 };
  const early = totals('early', {});
  delete (early as Partial<NodeTotals> & { findings?: unknown }).findings;
  const nodes = [
    totals('one', { findings: [slow, stuck] }),
    totals('two', { findings: [older] }),
    early,
  ];
  const watched = { totals: nodes, unreachable: [], disconnected: null };
  const { cluster } = JSON.parse(totalsMessage(watched, 1));
  expect(cluster.findings).toEqual([stuck, { ...older, count: 5 }]);
});
