/** How long does a reader wait that joins a long conversation late? From the registration to the last event. */

import type { PeerName } from './support/peers/peer.js';
import type { BenchRequest } from './support/question.js';
import { onStage } from './support/stage.js';

const [RUNS, WORDS] = [100, 500];
const CASES: Readonly<Record<string, boolean>> = { compacted: true, 'word by word': false };
const THREAD = 'long';

export const lateJoin: BenchRequest = {
  name: 'late-join',
  title: `A late join: ${RUNS} replies of ${WORDS} words each`,
  peers: () => ['ours'],
  cases: () => Object.keys(CASES),
  rounds: ({ short }) => (short ? 1 : 5),
  async measure(peer, name) {
    const compacted = CASES[name] ?? false;
    return onStage(peer as PeerName, {}, async ({ server, load, connect, measured }) => {
      await server.ask('replies', { thread: THREAD, runs: RUNS, words: WORDS, compacted });
      // Warms up the connection path, but not the log.
      await connect(['other'], 1);
      await server.ask('fill', { thread: 'other', count: 1 });
      await load.ask('disconnect');
      const events = RUNS * ((compacted ? 1 : WORDS) + 2);
      return measured(async () => {
        const before = await server.ask('usage');
        await connect([THREAD], 1);
        await load.ask('gotEvents', events);
        const after = await server.ask('usage');
        const bytes = await load.ask('bytes');
        return {
          ms: after.at - before.at,
          'server ms of CPU': (after.cpuUs - before.cpuUs) / 1_000,
          'KB on the wire': bytes / 1_000,
          events,
        };
      });
    });
  },
  ratios: [],
  targets: [{ metric: 'ms', name: 'compacted', atMost: 100 }],
};
