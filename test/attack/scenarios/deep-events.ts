/** Events of a member that are nested 17 to 3,000 deep. */

import { times } from '../../support/until.js';
import { bearer, HttpPeer } from '../attacker/http-peer.js';
import { addressOf, type Kit } from '../attacker/kit.js';
import { tokenOf } from '../attacker/token.js';
import { type Counts, scenario } from '../scenario.js';
import { CALM } from './calm.js';

const DEPTHS = [17, 64, 500, 3_000, 20_000] as const;
const SENDERS = 8;
const FOR_MS = 5_000;

export const deepEvents = scenario({
  name: 'deep-events',
  finding: 'M6',
  about:
    'a member publishes events that are nested 17 to 20,000 deep, as fast as they are answered',
  attack,
  bounds: { most: { ...CALM, accepted: 0 } },
  short: { most: { accepted: 0 }, least: { refused: 5 } },
});

async function attack({ port, random, scaled }: Kit): Promise<Counts> {
  const headers = bearer(await tokenOf('crowd'));
  const deadline = performance.now() + scaled(FOR_MS, 500);
  const counts = { accepted: 0, refused: 0 };
  const send = async (index: number) => {
    const peer = new HttpPeer(port, addressOf(index));
    while (performance.now() < deadline) {
      const depth = random.pick(DEPTHS);
      const body = `{"event":"note","data":${'['.repeat(depth)}${']'.repeat(depth)}}`;
      const { status } = await peer.ask({
        method: 'POST',
        path: '/threads/crowd:1/events',
        headers,
        body,
      });
      counts[status === 200 ? 'accepted' : 'refused'] += 1;
    }
    peer.close();
  };
  await Promise.all(times(SENDERS, send));
  return { ...counts, peers: SENDERS };
}
