/** Posts of a caller without a token, whose bodies cost most if they are parsed before it is refused. */

import { HttpPeer } from '../attacker/http-peer.js';
import { addressOf, type Kit } from '../attacker/kit.js';
import { type Counts, scenario } from '../scenario.js';
import { CALM } from './calm.js';

const SENDERS = 8;
const FOR_MS = 8_000;

const nested = (bytes: number): string => '['.repeat(bytes / 2) + ']'.repeat(bytes / 2);
const event = (data: string): string => `{"event":"note","data":${data}}`;

const BODIES: Readonly<Record<string, string>> = {
  nested: event(nested(60 * 1024)),
  flat: event(JSON.stringify('x'.repeat(60 * 1024))),
  large: event(nested(256 * 1024)),
};

export const refusedPosts = scenario({
  name: 'refused-posts',
  finding: 'H1',
  about: 'posts without a token, of 60 and 256 KB, nested and flat, as fast as they are answered',
  parts: Object.keys(BODIES),
  attack,
  bounds: { most: { ...CALM, accepted: 0 } },
  short: { most: { accepted: 0 }, least: { refused: 1 } },
});

async function attack({ port, scaled }: Kit, part: string): Promise<Counts> {
  const body = BODIES[part] ?? '';
  const deadline = performance.now() + scaled(FOR_MS, 400);
  const counts = { accepted: 0, refused: 0, unanswered: 0 };
  await Promise.all(
    Array.from({ length: SENDERS }, async (_, index) => {
      const peer = new HttpPeer(port, addressOf(index));
      while (performance.now() < deadline) {
        const { status } = await peer.ask({ method: 'POST', path: '/threads/x/events', body });
        counts[status === 0 ? 'unanswered' : status < 300 ? 'accepted' : 'refused'] += 1;
      }
      peer.close();
    }),
  );
  return { ...counts, peers: SENDERS };
}
