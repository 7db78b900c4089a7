/**
 * How late are events, and what do they cost the server, at a pace that every peer can keep? They are published
 * one by one, round robin over the threads. Each event carries its time of publication.
 */

import { pause } from '../test/support/until.js';
import type { PeerName } from './support/peers/peer.js';
import { hasRedis } from './support/peers/redis-server.js';
import type { BenchRequest } from './support/question.js';
import { names, onStage } from './support/stage.js';

export interface Pace {
  readonly threads: number;
  readonly sessions: number;
  /** Events a second on all threads together. */
  readonly perSecond: number;
}

const PACES: Readonly<Record<string, Pace>> = {
  '20,000 events/s over 400 threads': { threads: 400, sessions: 1, perSecond: 20_000 },
  '5,000 events/s over 400 threads': { threads: 400, sessions: 1, perSecond: 5_000 },
  '20 threads × 20 sessions × 100 events/s': { threads: 20, sessions: 20, perSecond: 2_000 },
};

export const paced: BenchRequest = {
  name: 'paced',
  title: 'Paced: how late, at which cost',
  inShort: true,
  peers: ({ short }) => [
    ...(short ? [] : (['ws'] as PeerName[])),
    'rooms',
    ...(short ? [] : (['recovery', ...(hasRedis() ? ['redis-streams'] : [])] as PeerName[])),
    'ours',
    'ours-window',
  ],
  cases: ({ short }) => Object.keys(PACES).slice(0, short ? 1 : 3),
  rounds: ({ short }) => (short ? 1 : 3),
  async measure(peer, name, { short }) {
    const pace = PACES[name];
    if (!pace) throw new Error(`No pace is called ${name}`);
    return measurePace(peer as PeerName, pace, short);
  },
  ratios: [
    { metric: 'server µs/event', against: ['rooms'] },
    { metric: 'server µs/event', against: ['rooms'], of: 'ours-window' },
  ],
  targets: [
    { metric: 'p50 ms', atMost: 1 },
    { metric: 'p99 ms', against: 'rooms', difference: true, atMost: 3 },
    { metric: 'server µs/event', against: 'rooms', atMost: 1.5 },
    { metric: 'server µs/event', of: 'ours-window', against: 'rooms', atMost: 0.7 },
  ],
};

/** Publishes at a pace, and measures how late the events arrive. */
export function measurePace(
  peer: PeerName,
  { threads, sessions, perSecond }: Pace,
  short: boolean,
) {
  return onStage(peer, {}, async ({ server, load, connect, measured }) => {
    const ids = names(threads);
    await connect(ids, sessions);
    await server.ask('pace', { threads: ids, perSecond });
    await pause(short ? 700 : 1_500);
    await load.ask('measure');
    const [before, after] = await measured(async () => {
      const start = await server.ask('usage');
      await pause(short ? 1_500 : 3_000);
      return [start, await server.ask('usage')] as const;
    });
    const { events, p50, p99, max } = await load.ask('latency');
    await server.ask('stopPublishing');
    const seconds = (after.at - before.at) / 1_000;
    return {
      'delivered/s': events / seconds,
      'server µs/event': (after.cpuUs - before.cpuUs) / events,
      'p50 ms': p50,
      'p99 ms': p99,
      'max ms': max,
    };
  });
}
