/**
 * Bytes on the wire, both directions, below WebSocket and without TCP: for each event at a model's pace, and
 * for an idle minute with a ping every 15 seconds.
 */

import { pause } from '../test/support/until.js';
import type { PeerName } from './support/peers/peer.js';
import type { BenchRequest } from './support/question.js';
import { names, onStage } from './support/stage.js';

const SESSIONS = 20;
const CASES = ['50 events/s', 'idle'] as const;

export const wire: BenchRequest = {
  name: 'wire',
  title: 'Bytes on the wire',
  peers: ({ short }) => ['ws', 'rooms', 'ours', ...(short ? [] : ['ours-window'])],
  cases: ({ short }) => CASES.slice(0, short ? 1 : 2),
  skips: (peer, name) => name === 'idle' && peer === 'ours-window',
  rounds: () => 1,
  async measure(peer, name, { short }) {
    return onStage(peer as PeerName, {}, async ({ server, load, connect }) => {
      const threads = names(SESSIONS);
      await connect(threads, 1);
      if (name === 'idle') {
        const before = await load.ask('bytes');
        await load.ask('pingEvery', { everyMs: 15_000, forMs: 60_000 });
        return { 'bytes/minute': ((await load.ask('bytes')) - before) / SESSIONS };
      }
      await server.ask('pace', { threads, perSecond: 50 * SESSIONS });
      await pause(500);
      const look = () => Promise.all([load.ask('bytes'), load.ask('count')]);
      const [b1, c1] = await look();
      await pause(short ? 1_000 : 3_000);
      const [b2, c2] = await look();
      await server.ask('stopPublishing');
      return { 'bytes/event': (b2 - b1) / (c2.delivered - c1.delivered) };
    });
  },
  ratios: [],
};
