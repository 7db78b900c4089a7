/** How long does a publish take until it is confirmed? One at a time, and a hundred at a time. */

import type { PeerName } from './support/peers/peer.js';
import type { BenchRequest } from './support/question.js';
import { onStage } from './support/stage.js';

const UNDER_WAY: Readonly<Record<string, number>> = {
  'one at a time': 1,
  '100 under way': 100,
};

export const publish: BenchRequest = {
  name: 'publish',
  title: 'Publish latency: until it is confirmed',
  peers: () => ['ours', 'ours-memory'],
  cases: () => Object.keys(UNDER_WAY),
  rounds: ({ short }) => (short ? 1 : 3),
  async measure(peer, name, { short }) {
    const underWay = UNDER_WAY[name] ?? 1;
    const forMs = short ? 500 : 2_000;
    return onStage(peer as PeerName, {}, async ({ server, measured }) => {
      await server.ask('publishSafelyFor', { underWay, forMs: 300 });
      return measured(async () => {
        const before = await server.ask('usage');
        const { count, p50, p99 } = await server.ask('publishSafelyFor', { underWay, forMs });
        const after = await server.ask('usage');
        return {
          'p50 ms': p50,
          'p99 ms': p99,
          'publishes/s': count / (forMs / 1_000),
          'server µs/publish': (after.cpuUs - before.cpuUs) / count,
        };
      });
    });
  },
  ratios: [{ metric: 'p50 ms', against: ['ours-memory'] }],
};
