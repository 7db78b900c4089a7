/**
 * All connections are cut, 200 events are published to each thread, and all clients come back at once. How
 * long until all of them have everything, and how long is the event loop blocked?
 */

import { pause } from '../test/support/until.js';
import type { PeerName } from './support/peers/peer.js';
import type { BenchRequest } from './support/question.js';
import { names, onStage } from './support/stage.js';

const CLIENTS = 500;
const EVENTS = 200;
const CASES: Readonly<Record<string, number>> = {
  '500 clients of one thread': 1,
  '500 clients of 500 threads': 500,
};

export const storm: BenchRequest = {
  name: 'storm',
  title: 'A storm: 500 clients come back to 200 missed events each',
  inShort: true,
  peers: () => ['recovery', 'ours'],
  cases: ({ short }) => Object.keys(CASES).slice(0, short ? 1 : 2),
  rounds: ({ short }) => (short ? 1 : 3),
  async measure(peer, name) {
    const threads = names(CASES[name] ?? 1);
    return onStage(peer as PeerName, {}, async ({ server, load, connect, measured }) => {
      await connect(threads, CLIENTS / threads.length);
      await server.ask('publishOnce', { threads, count: 1 });
      await load.ask('gotEvents', 1);
      await load.ask('cut');
      await pause(500);
      await server.ask('publishOnce', { threads, count: EVENTS });
      await pause(500);
      return measured(async () => {
        await server.ask('watchLoop');
        const before = await server.ask('usage');
        const { joinedMs, completeMs } = await load.ask('comeBack', { events: EVENTS + 1 });
        const after = await server.ask('usage');
        const stall = await server.ask('longestStall');
        return {
          'all back ms': completeMs,
          'all joined ms': joinedMs,
          'longest stall ms': stall,
          'server ms of CPU': (after.cpuUs - before.cpuUs) / 1_000,
        };
      });
    });
  },
  ratios: [{ metric: 'all back ms', against: ['recovery'] }],
  targets: [
    { metric: 'all back ms', atMost: 500 },
    { metric: 'longest stall ms', atMost: 100 },
  ],
};
