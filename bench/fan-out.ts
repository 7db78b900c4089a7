/** How many events a second reach their subscribers when the server publishes as fast as they are served? */

import type { PeerName } from './support/peers/peer.js';
import { hasRedis } from './support/peers/redis-server.js';
import type { BenchRequest } from './support/question.js';
import { saturate, type Workload } from './support/saturation.js';

const WORKLOADS: readonly Workload[] = [
  { threads: 1, sessions: 1, events: 10 },
  { threads: 100, sessions: 1, events: 10 },
  { threads: 1, sessions: 100, events: 10 },
  { threads: 1, sessions: 1, events: 1 },
  { threads: 100, sessions: 1, events: 1 },
  { threads: 1, sessions: 100, events: 1 },
];

const nameOf = ({ threads, sessions, events }: Workload): string =>
  `${threads} × ${sessions}, ${events}`;

export const fanOut: BenchRequest = {
  name: 'fan-out',
  title: 'Fan-out at saturation: threads × sessions, events per thread and turn',
  inShort: true,
  peers: ({ short }) => [
    ...(short ? [] : (['ws'] as PeerName[])),
    'ws-batched',
    'rooms',
    ...(short ? [] : (['recovery', ...(hasRedis() ? ['redis-streams'] : [])] as PeerName[])),
    'ours',
  ],
  cases: ({ short }) => WORKLOADS.filter(({ events }) => !short || events === 10).map(nameOf),
  skips: (peer, name) => peer === 'ws-batched' && !name.endsWith(' 10'),
  rounds: ({ short }) => (short ? 1 : 3),
  async measure(peer, name, { short }) {
    const workload = WORKLOADS.find((each) => nameOf(each) === name) ?? fail(name);
    return saturate(peer as PeerName, workload, short);
  },
  ratios: [{ metric: 'delivered/s', against: ['rooms', 'ws-batched'] }],
  targets: [
    ['1 × 1, 10', 'rooms', 2.7],
    ['100 × 1, 10', 'rooms', 3.4],
    ['1 × 100, 10', 'rooms', 3.5],
    ['1 × 1, 10', 'ws-batched', 0.55],
    ['100 × 1, 10', 'ws-batched', 0.4],
    ['1 × 100, 10', 'ws-batched', 0.55],
    ['1 × 1, 1', 'rooms', 1],
    ['100 × 1, 1', 'rooms', 1],
    ['1 × 100, 1', 'rooms', 1],
  ].map(([name, against, atLeast]) => ({
    metric: 'delivered/s',
    name: String(name),
    against: String(against),
    atLeast: Number(atLeast),
  })),
};

function fail(name: string): never {
  throw new Error(`No workload is called ${name}`);
}
