/** One node on Redis against Socket.IO with its Redis Streams adapter, each on a Redis of the same kind. */

import { measurePace, type Pace } from './paced.js';
import type { PeerName } from './support/peers/peer.js';
import { hasRedis } from './support/peers/redis-server.js';
import type { BenchRequest } from './support/question.js';
import { saturate, type Workload } from './support/saturation.js';

const SATURATED: Readonly<Record<string, Workload>> = {
  '100 × 1, 10 per turn': { threads: 100, sessions: 1, events: 10 },
  '100 × 1, 1 per turn': { threads: 100, sessions: 1, events: 1 },
};
const PACED: Readonly<Record<string, Pace>> = {
  '20,000 events/s over 400 threads': { threads: 400, sessions: 1, perSecond: 20_000 },
};

export const redis: BenchRequest = {
  name: 'redis',
  title: 'On Redis: threads × sessions at saturation, and paced',
  peers: () => (hasRedis() ? ['redis-streams', 'ours-redis', 'ours-redis-always'] : []),
  cases: ({ short }) => [...Object.keys(SATURATED).slice(0, short ? 1 : 2), ...Object.keys(PACED)],
  rounds: ({ short }) => (short ? 1 : 3),
  async measure(peer, name, { short }) {
    const workload = SATURATED[name];
    if (workload) return saturate(peer as PeerName, workload, short);
    const pace = PACED[name];
    if (!pace) throw new Error(`No case is called ${name}`);
    return measurePace(peer as PeerName, pace, short);
  },
  ratios: [
    { metric: 'delivered/s', against: ['redis-streams'], of: 'ours-redis' },
    { metric: 'p99 ms', against: ['redis-streams'], of: 'ours-redis' },
  ],
  targets: [
    ...Object.keys(SATURATED).map((name) => ({
      metric: 'delivered/s',
      name,
      of: 'ours-redis' as const,
      against: 'redis-streams' as const,
      atLeast: 8,
    })),
    {
      metric: 'p99 ms',
      name: '20,000 events/s over 400 threads',
      of: 'ours-redis',
      against: 'redis-streams',
      atMost: 0.5,
    },
  ],
};
