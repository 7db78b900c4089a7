/**
 * What does an idle session cost? Measures heap and all memory for each session, each with its own connection
 * and thread, and the processor time of its pings. A real session pings every 15 seconds, these every two.
 */

import { pause } from '../test/support/until.js';
import type { PeerName } from './support/peers/peer.js';
import type { BenchRequest } from './support/question.js';
import { names, onStage } from './support/stage.js';
import type { Memory } from './support/usage.js';

const SESSIONS = { '2,000 sessions': 2_000, '15,000 sessions': 15_000 } as const;
const PING_EVERY_MS = 2_000;
/** A client's default. */
const REAL_PING_EVERY_MS = 15_000;

export const idle: BenchRequest = {
  name: 'idle',
  title: 'Idle sessions: memory and processor time',
  inShort: true,
  peers: ({ short }) => [...(short ? [] : ['ws']), 'rooms', 'ours'],
  cases: ({ short }) => Object.keys(SESSIONS).slice(0, short ? 1 : 2),
  skips: (peer, name) => name.startsWith('15,000') && peer === 'ws',
  rounds: () => 1,
  async measure(peer, name, { short }) {
    const sessions = short ? 500 : SESSIONS[name as keyof typeof SESSIONS];
    return measureIdle(peer as PeerName, sessions, short);
  },
  ratios: [
    { metric: 'heap KiB/session', against: ['rooms'] },
    { metric: 'server µs/ping', against: ['rooms'] },
  ],
  targets: [
    { metric: 'heap KiB/session', against: 'rooms', difference: true, atMost: 2 },
    { metric: 'server µs/ping', against: 'rooms', atMost: 1.3 },
    { metric: 'RSS MiB in all', name: '15,000 sessions', atMost: 1.5 * 1_024 },
  ],
};

/** Connects sessions with a thread each, and measures what they take, and what their pings cost. */
export function measureIdle(peer: PeerName, sessions: number, short: boolean) {
  const options = { execArgv: ['--expose-gc'] };
  return onStage(peer, options, async ({ server, load, connect, measured }) => {
    // Warms up, so that what is allocated once does not count as a session's.
    await connect(names(20, 'first'), 1);
    const before = await server.ask('memory');
    await connect(names(sessions), 1);
    await pause(500);
    const after = await server.ask('memory');
    const each = (of: (memory: Memory) => number) => (of(after) - of(before)) / sessions / 1_024;
    const [cpuUs, pings, seconds] = await measured(async () => {
      const start = await server.ask('usage');
      const ask = { everyMs: PING_EVERY_MS, forMs: short ? 1_500 : 6_000 };
      const sent = await load.ask('pingEvery', ask);
      const end = await server.ask('usage');
      return [end.cpuUs - start.cpuUs, sent, (end.at - start.at) / 1_000] as const;
    });
    return {
      'heap KiB/session': each(({ heapBytes }) => heapBytes),
      'heap and external KiB/session': each((memory) => memory.heapBytes + memory.externalBytes),
      'RSS KiB/session': each(({ rssBytes }) => rssBytes),
      'RSS MiB in all': after.rssBytes / 2 ** 20,
      'server µs/ping': cpuUs / pings,
      'cores for 10,000 sessions': ((cpuUs / pings) * (10_000 / REAL_PING_EVERY_MS) * 1_000) / 1e6,
      'pings/s': pings / seconds,
    };
  });
}
