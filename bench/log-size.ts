/** How much of a thread's log is in memory? The same server with 10,000 events of one thread and with 1,000,000. */

import { pause } from '../test/support/until.js';
import type { PeerName } from './support/peers/peer.js';
import type { BenchRequest } from './support/question.js';
import { onStage } from './support/stage.js';

interface Log {
  readonly events: number;
  /** Flags for Node that replace those of `npm start`. */
  readonly flags: readonly string[];
}

/** V8's default. The nursery of `npm start` is full after a second of load, however long a log is. */
const SMALL_NURSERY = ['--max-semi-space-size=16'];
const LOGS: Readonly<Record<string, Log>> = {
  '10,000 events': { events: 10_000, flags: SMALL_NURSERY },
  '1,000,000 events': { events: 1_000_000, flags: SMALL_NURSERY },
  '1,000,000 events, nursery of npm start': { events: 1_000_000, flags: [] },
};
const THREAD = 'long';

export const logSize: BenchRequest = {
  name: 'log-size',
  title: 'Memory against the length of a log',
  peers: () => ['ours'],
  cases: ({ short }) => Object.keys(LOGS).slice(0, short ? 1 : 3),
  rounds: () => 1,
  async measure(peer, name) {
    const log = LOGS[name];
    if (!log) throw new Error(`No log is called ${name}`);
    const { events: count, flags } = log;
    const options = { execArgv: ['--expose-gc', ...flags] };
    return onStage(peer as PeerName, options, async ({ server, load, connect }) => {
      await connect([THREAD], 1);
      await server.ask('fill', { thread: THREAD, count });
      await load.ask('gotEvents', count);
      await pause(500);
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
