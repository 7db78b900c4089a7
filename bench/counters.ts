/**
 * What do the counters cost? The same server with and without them, in turn: throughput at saturation, latency at a pace,
 * processor time, and the heap of idle sessions.
 */

import { idle } from './idle.js';
import { measurePace } from './paced.js';
import type { PeerName } from './support/peers/peer.js';
import type { BenchRequest, Mode } from './support/question.js';
import { saturate } from './support/saturation.js';

type Measure = (peer: PeerName, mode: Mode) => Promise<Readonly<Record<string, number>>>;

const CASES: Readonly<Record<string, Measure>> = {
  // Each event is a frame: counting has the largest share.
  'fan-out, 100 × 1, 1': (peer, { short }) =>
    saturate(peer, { threads: 100, sessions: 1, events: 1 }, short),
  'fan-out, 1 × 100, 10': (peer, { short }) =>
    saturate(peer, { threads: 1, sessions: 100, events: 10 }, short),
  '5,000 events/s over 400 threads': (peer, { short }) =>
    measurePace(peer, { threads: 400, sessions: 1, perSecond: 5_000 }, short),
  '2,000 sessions': (peer, mode) => idle.measure(peer, '2,000 sessions', mode),
};

export const counters: BenchRequest = {
  name: 'counters',
  title: 'Counters: the server with them and without',
  peers: () => ['ours', 'ours-uncounted'],
  cases: () => Object.keys(CASES),
  // More than elsewhere: the difference is small.
  rounds: ({ short }) => (short ? 1 : 7),
  async measure(peer, name, mode) {
    const measure = CASES[name];
    if (!measure) throw new Error(`No case is called ${name}`);
    return measure(peer as PeerName, mode);
  },
  ratios: ['delivered/s', 'server µs/event', 'p50 ms', 'p99 ms', 'heap KiB/session'].map(
    (metric) => ({ metric, against: ['ours-uncounted'] }),
  ),
  targets: [
    { metric: 'delivered/s', against: 'ours-uncounted', atLeast: 0.97 },
    { metric: 'server µs/event', against: 'ours-uncounted', atMost: 1.03 },
    { metric: 'p50 ms', against: 'ours-uncounted', atMost: 1.03 },
    { metric: 'p99 ms', against: 'ours-uncounted', atMost: 1.03 },
    { metric: 'heap KiB/session', against: 'ours-uncounted', difference: true, atMost: 0.3 },
  ],
};
