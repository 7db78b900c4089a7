/** Events of a member that are nested 17 to 20,000 deep. */

import { bearer } from '../attacker/http-peer.js';
import { HttpPeers } from '../attacker/http-peers.js';
import type { Kit } from '../attacker/kit.js';
import { tokenOf } from '../attacker/token.js';
import { nestedJson } from '../fuzz/nasty.js';
import type { Counts, Scenario } from '../scenario.js';
import { CALM } from './calm.js';

const DEPTHS = [17, 64, 500, 3_000, 20_000] as const;
const SENDERS = 8;
const FOR_MS = 5_000;
const PATH = '/threads/crowd:1/events';

export const deepEvents: Scenario = {
  name: 'deep-events',
  finding: 'M6',
  about:
    'a member publishes events that are nested 17 to 20,000 deep, as fast as they are answered',
  attack,
  bounds: { most: { ...CALM, accepted: 0 } },
  short: { most: { accepted: 0 }, least: { refused: 5 } },
};

async function attack({ port, random, scaled }: Kit): Promise<Counts> {
  const headers = bearer(await tokenOf('crowd'));
  const deadline = performance.now() + scaled(FOR_MS, 500);
  const counts = { accepted: 0, refused: 0 };
  await new HttpPeers(port, SENDERS).askUntil(deadline, async (peer) => {
    const body = `{"event":"note","data":${nestedJson(random.pick(DEPTHS))}}`;
    const { status } = await peer.ask({ method: 'POST', path: PATH, headers, body });
    counts[status === 200 ? 'accepted' : 'refused'] += 1;
  });
  return { ...counts, peers: SENDERS };
}
