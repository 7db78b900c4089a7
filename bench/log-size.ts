/** What of a thread's log is in memory? The same server with 10,000 events of one thread and with 1,000,000. */

import type { PeerName } from './support/peers/peer.js';
import type { Question } from './support/question.js';
import { onStage, sleep } from './support/stage.js';

const EVENTS: Readonly<Record<string, number>> = {
  '10,000 events': 10_000,
  '1,000,000 events': 1_000_000,
};
const THREAD = 'long';

export const logSize: Question = {
  name: 'log-size',
  title: 'Memory against the length of a log',
  peers: () => ['ours'],
  cases: ({ short }) => Object.keys(EVENTS).slice(0, short ? 1 : 2),
  rounds: () => 1,
  async measure(peer, name) {
    const count = EVENTS[name] ?? 0;
    const options = { execArgv: ['--expose-gc'] };
    return onStage(peer as PeerName, options, async ({ server, load, connect }) => {
      await connect([THREAD], 1);
      await server.ask('fill', { thread: THREAD, count });
      await load.ask('gotEvents', count);
      await sleep(500);
      const { heapBytes, externalBytes, anonymousBytes, rssBytes } = await server.ask('memory');
      const mib = (bytes: number) => bytes / 2 ** 20;
      return {
        'heap and external MiB': mib(heapBytes + externalBytes),
        'RssAnon MiB': mib(anonymousBytes),
        'RSS MiB': mib(rssBytes),
        'file-backed MiB': mib(rssBytes - anonymousBytes),
      };
    });
  },
  ratios: [],
  targets: [
    {
      metric: 'heap and external MiB',
      name: '1,000,000 events',
      over: '10,000 events',
      atMost: 10,
    },
    { metric: 'RssAnon MiB', name: '1,000,000 events', over: '10,000 events', atMost: 40 },
  ],
};
