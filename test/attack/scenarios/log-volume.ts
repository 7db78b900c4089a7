/** What a stranger can make the server write to its log: handshakes and refusals. */

import { HttpPeers } from '../attacker/http-peers.js';
import type { Kit } from '../attacker/kit.js';
import { atATime } from '../attacker/pace.js';
import { openPolling } from '../attacker/polling.js';
import type { Counts, Scenario } from '../scenario.js';
import { CALM } from './calm.js';

const INPUTS = 20_000;
const AT_A_TIME = 32;
const FOR_MS = 20_000;

export const logVolume: Scenario = {
  name: 'log-volume',
  finding: 'M8',
  about: '20,000 joined handshakes, and 20,000 posts without a token, from 32 addresses',
  parts: ['handshakes', 'refusals'],
  attack,
  bounds: { most: { ...CALM, logGrowthMb: 1 } },
};

async function attack({ port, scaled }: Kit, part: string): Promise<Counts> {
  const peers = new HttpPeers(port, AT_A_TIME);
  const body = JSON.stringify({ event: 'note', data: 1 });
  const one = async (index: number) => {
    const peer = peers.of(index);
    if (part === 'handshakes') await (await openPolling(peer))?.join();
    else await peer.ask({ method: 'POST', path: `/threads/x:${index}/events`, body });
  };
  const inputs = await atATime(AT_A_TIME, scaled(INPUTS), one, performance.now() + FOR_MS);
  peers.close();
  // Each handshake leaves a session for a while.
  return { inputs, peers: part === 'handshakes' ? inputs : AT_A_TIME };
}
