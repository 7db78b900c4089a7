/** How does the cost of an event grow with its size? Fan-out at saturation, 100 threads of one session each. */

import type { PeerName } from './support/peers/peer.js';
import type { BenchRequest } from './support/question.js';
import { saturate } from './support/saturation.js';

const SIZES: Readonly<Record<string, number>> = {
  '110 bytes': 110,
  '1,000 bytes': 1_000,
  '8,000 bytes': 8_000,
};

export const eventSize: BenchRequest = {
  name: 'event-size',
  title: 'The size of an event: fan-out at saturation, 100 × 1, ten events a turn',
  peers: () => ['rooms', 'ours'],
  cases: () => Object.keys(SIZES),
  rounds: ({ short }) => (short ? 1 : 2),
  measure(peer, name, { short }) {
    const workload = { threads: 100, sessions: 1, events: 10, bytes: SIZES[name] ?? 0 };
    return saturate(peer as PeerName, workload, short);
  },
  ratios: [{ metric: 'delivered/s', against: ['rooms'] }],
};
