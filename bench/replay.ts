/** How fast does a late reader get a whole log? From the registration to the last event. */

import type { PeerName } from './support/peers/peer.js';
import type { BenchRequest } from './support/question.js';
import { onStage } from './support/stage.js';

const EVENTS: Readonly<Record<string, number>> = {
  '10 events': 10,
  '10,000 events': 10_000,
  '1,000,000 events': 1_000_000,
};
const THREAD = 'long';

export const replay: BenchRequest = {
  name: 'replay',
  title: 'Replay of a whole log to one reader',
  peers: () => ['ours', 'ours-memory'],
  cases: ({ short }) => Object.keys(EVENTS).slice(0, short ? 2 : 3),
  rounds: ({ short }) => (short ? 1 : 2),
  async measure(peer, name) {
    const count = EVENTS[name] ?? 0;
    return onStage(peer as PeerName, {}, async ({ server, load, connect, measured }) => {
      await server.ask('fill', { thread: THREAD, count });
      // Warms up the connection path, but not the log.
      await connect(['other'], 1);
      await server.ask('fill', { thread: 'other', count: 1 });
      await load.ask('disconnect');
      return measured(async () => {
        const before = await server.ask('usage');
        await server.ask('watchLoop');
        await connect([THREAD], 1);
        await load.ask('gotEvents', count);
        const after = await server.ask('usage');
        const stall = await server.ask('longestStall');
        const ms = after.at - before.at;
        return {
          ms,
          'events/s': count / (ms / 1_000),
          'server µs/event': (after.cpuUs - before.cpuUs) / count,
          'longest stall ms': stall,
        };
      });
    });
  },
  ratios: [{ metric: 'events/s', against: ['ours-memory'] }],
  targets: [
    { metric: 'events/s', name: '10,000 events', atLeast: 300_000 },
    { metric: 'events/s', name: '1,000,000 events', atLeast: 300_000 },
  ],
};
