/**
 * How many heartbeats a second does a server answer? Ours answers the protocol's `ping`, which carries the
 * reader's position, with the log's. A plain socket acknowledges an emit.
 */

import { pause } from '../test/support/until.js';
import type { PeerName } from './support/peers/peer.js';
import type { BenchRequest } from './support/question.js';
import { names, onStage } from './support/stage.js';

const CASES: Readonly<Record<string, { readonly sessions: number; readonly underWay: number }>> = {
  '100 sessions, 10 under way each': { sessions: 100, underWay: 10 },
  '2,000 sessions, 1 under way each': { sessions: 2_000, underWay: 1 },
};

export const heartbeats: BenchRequest = {
  name: 'heartbeats',
  title: 'Heartbeats at saturation',
  inShort: true,
  peers: ({ short }) => [...(short ? [] : ['ws']), 'rooms', 'ours'],
  cases: ({ short }) => Object.keys(CASES).slice(0, short ? 1 : 2),
  rounds: ({ short }) => (short ? 1 : 3),
  async measure(peer, name, { short }) {
    const { sessions = 1, underWay = 1 } = CASES[name] ?? {};
    return onStage(peer as PeerName, {}, async ({ server, load, connect, measured }) => {
      await connect(names(sessions), 1);
      await load.ask('pingFor', { ms: 500, underWay });
      await pause(100);
      return measured(async () => {
        const before = await server.ask('usage');
        const { pings, seconds } = await load.ask('pingFor', { ms: short ? 800 : 2_000, underWay });
        const after = await server.ask('usage');
        return {
          'pings/s': pings / seconds,
          'server µs/ping': (after.cpuUs - before.cpuUs) / pings,
        };
      });
    });
  },
  ratios: [{ metric: 'pings/s', against: ['rooms'] }],
  targets: [{ metric: 'pings/s', against: 'rooms', atLeast: 0.8 }],
};
