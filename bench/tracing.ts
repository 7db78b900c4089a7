/**
 * What does the session trace cost? The same server with it, in files as `npm start` has it, and without, in turns: events at
 * a pace, idle sessions with their pings, and sessions that come and go, each of which is some lines.
 */

import { measureIdle } from './idle.js';
import { measurePace } from './paced.js';
import type { PeerName } from './support/peers/peer.js';
import type { BenchRequest } from './support/question.js';
import { names, onStage } from './support/stage.js';

const UNTRACED = 'ours-untraced';
const PACE = { threads: 400, sessions: 1, perSecond: 5_000 };
const SESSIONS = 2_000;
/** How often all sessions lose their connections and come back. */
const RETURNS = 3;

const CASES: Readonly<
  Record<string, (peer: PeerName, short: boolean) => Promise<Readonly<Record<string, number>>>>
> = {
  '5,000 events/s over 400 threads': (peer, short) => measurePace(peer, PACE, short),
  'idle sessions': (peer, short) => measureIdle(peer, short ? 500 : SESSIONS, short),
  'sessions that come back': (peer, short) => measureReturns(peer, short ? 200 : 1_000),
};

export const tracing: BenchRequest = {
  name: 'tracing',
  title: 'The session trace: on against off',
  peers: () => ['ours', UNTRACED],
  cases: () => Object.keys(CASES),
  rounds: ({ short }) => (short ? 1 : 5),
  async measure(peer, name, { short }) {
    const measure = CASES[name];
    if (!measure) throw new Error(`No case is called ${name}`);
    return measure(peer as PeerName, short);
  },
  ratios: [
    { metric: 'delivered/s', against: [UNTRACED] },
    { metric: 'server µs/event', against: [UNTRACED] },
    { metric: 'p50 ms', against: [UNTRACED] },
    { metric: 'p99 ms', against: [UNTRACED] },
    { metric: 'server µs/ping', against: [UNTRACED] },
    { metric: 'sessions/s', against: [UNTRACED] },
    { metric: 'server µs/session', against: [UNTRACED] },
  ],
  targets: [
    { metric: 'delivered/s', against: UNTRACED, atLeast: 0.97 },
    { metric: 'p50 ms', against: UNTRACED, atMost: 1.03 },
    { metric: 'sessions/s', against: UNTRACED, atLeast: 0.97 },
    { metric: 'heap KiB/session', against: UNTRACED, difference: true, atMost: 0.3 },
  ],
};

/** Sessions lose their connections all at once and come back, each with a connection and a registration. */
function measureReturns(peer: PeerName, sessions: number) {
  return onStage(peer, {}, async ({ server, load, connect, measured }) => {
    await connect(names(sessions), 1);
    return measured(async () => {
      let joinedMs = 0;
      const before = await server.ask('usage');
      for (let time = 0; time < RETURNS; time += 1) {
        await load.ask('cut');
        joinedMs += (await load.ask('comeBack', { events: 0 })).joinedMs;
      }
      const after = await server.ask('usage');
      const all = RETURNS * sessions;
      return {
        'sessions/s': all / (joinedMs / 1_000),
        'server µs/session': (after.cpuUs - before.cpuUs) / all,
      };
    });
  });
}
