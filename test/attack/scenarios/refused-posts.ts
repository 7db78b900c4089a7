/** Posts of a caller without a token, whose bodies cost most if they are parsed before it is refused. */

import { HttpPeers } from '../attacker/http-peers.js';
import type { Kit } from '../attacker/kit.js';
import { nestedJson } from '../fuzz/nasty.js';
import type { Counts, Scenario } from '../scenario.js';
import { CALM } from './calm.js';

const SENDERS = 8;
const FOR_MS = 8_000;

const event = (data: string): string => `{"event":"note","data":${data}}`;

const BODIES: Readonly<Record<string, string>> = {
  nested: event(nestedJson(30 * 1024)),
  flat: event(JSON.stringify('x'.repeat(60 * 1024))),
  large: event(nestedJson(128 * 1024)),
};

export const refusedPosts: Scenario = {
  name: 'refused-posts',
  finding: 'H1',
  about: 'posts without a token, of 60 and 256 KB, nested and flat, as fast as they are answered',
  parts: Object.keys(BODIES),
  attack,
  bounds: { most: { ...CALM, accepted: 0 } },
  short: { most: { accepted: 0 }, least: { refused: 1 } },
};

async function attack({ port, scaled }: Kit, part: string): Promise<Counts> {
  const body = BODIES[part] ?? '';
  const deadline = performance.now() + scaled(FOR_MS, 400);
  const counts = { accepted: 0, refused: 0, unanswered: 0 };
  await new HttpPeers(port, SENDERS).askUntil(deadline, async (peer) => {
    const { status } = await peer.ask({ method: 'POST', path: '/threads/x/events', body });
    counts[status === 0 ? 'unanswered' : status < 300 ? 'accepted' : 'refused'] += 1;
  });
  return { ...counts, peers: SENDERS };
}
