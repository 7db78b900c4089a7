/** What do the stores achieve without a server? Confirmed appends of one event each; reads of a whole log. */

import { helper } from '../test/harness/program.js';
import { Remote } from '../test/support/remote.js';
import type { BenchRequest } from './support/question.js';
import type { StoreHandlers } from './support/stores.js';

const CASES: Readonly<Record<string, { readonly threads: number; readonly underWay: number }>> = {
  'append, 1 thread': { threads: 1, underWay: 5_000 },
  'append, 1,000 threads': { threads: 1_000, underWay: 5_000 },
  'append, one at a time': { threads: 1, underWay: 1 },
  read: { threads: 1, underWay: 5_000 },
};

export const stores: BenchRequest = {
  name: 'stores',
  title: 'Stores by themselves, events of 150 bytes',
  peers: () => ['memory', 'lmdb'],
  cases: ({ short }) => Object.keys(CASES).slice(0, short ? 1 : 4),
  rounds: ({ short }) => (short ? 1 : 2),
  async measure(peer, name, { short }) {
    const { threads = 1, underWay = 1 } = CASES[name] ?? {};
    const forMs = short ? 800 : 2_000;
    const process = await Remote.start<StoreHandlers>(helper('stores'));
    try {
      await process.ask('open', peer as 'memory' | 'lmdb');
      const warmUp = await process.ask('append', { threads, underWay, forMs: 500 });
      const { count, seconds, cpuUs } =
        name === 'read'
          ? await process.ask('read', forMs)
          : await process.ask('append', { threads, underWay, forMs });
      await process.ask('close');
      if (warmUp.count === 0) throw new Error('Nothing was appended');
      return { 'events/s': count / seconds, 'µs/event': cpuUs / count };
    } finally {
      await process.stop();
    }
  },
  ratios: [{ metric: 'events/s', against: ['memory'], of: 'lmdb' }],
};
