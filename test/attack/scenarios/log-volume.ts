/** What a stranger can make the server write to its log: handshakes and refusals. */

import { times } from '../../support/until.js';
import { HttpPeer } from '../attacker/http-peer.js';
import { addressOf, type Kit } from '../attacker/kit.js';
import { atATime } from '../attacker/pace.js';
import { openPolling } from '../attacker/polling.js';
import { type Counts, scenario } from '../scenario.js';
import { CALM } from './calm.js';

const INPUTS = 20_000;
const AT_A_TIME = 32;
const FOR_MS = 20_000;

export const logVolume = scenario({
  name: 'log-volume',
  finding: 'M8',
  about: '20,000 joined handshakes, and 20,000 posts without a token, from 32 addresses',
  parts: ['handshakes', 'refusals'],
  attack,
  bounds: { most: { ...CALM, logGrowthMb: 1 } },
});

async function attack({ port, scaled }: Kit, part: string): Promise<Counts> {
  const peers = times(AT_A_TIME, (index) => new HttpPeer(port, addressOf(index)));
  const body = JSON.stringify({ event: 'note', data: 1 });
  const one = async (index: number) => {
    const peer = peers[index % AT_A_TIME];
    if (!peer) return;
    if (part === 'handshakes') await (await openPolling(peer))?.post('40');
    else await peer.ask({ method: 'POST', path: `/threads/x:${index}/events`, body });
  };
  const inputs = await atATime(AT_A_TIME, scaled(INPUTS), one, performance.now() + FOR_MS);
  for (const peer of peers) peer.close();
  // Each handshake leaves a session for a while.
  return { inputs, peers: part === 'handshakes' ? inputs : AT_A_TIME };
}
