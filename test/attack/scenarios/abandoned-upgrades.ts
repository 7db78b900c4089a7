/** Answered connections that ask for an upgrade to another path and hang up: each once leaked a descriptor. */

import { once } from 'node:events';
import { within } from '../../support/until.js';
import { addressOf, type Kit } from '../attacker/kit.js';
import { atATime } from '../attacker/pace.js';
import { RawPeer } from '../attacker/raw-peer.js';
import { type Counts, scenario } from '../scenario.js';
import { CALM } from './calm.js';

const ROUNDS = 2_200;
const AT_A_TIME = 50;
const ANSWER_MS = 5_000;

export const abandonedUpgrades = scenario({
  name: 'abandoned-upgrades',
  finding: 'C2',
  about: '2,200 answered connections ask for an upgrade to another path and hang up',
  attack,
  bounds: { most: { ...CALM, descriptorGrowth: 10 } },
  short: { most: { descriptorGrowth: 20 } },
});

async function attack({ port, scaled }: Kit): Promise<Counts> {
  const rounds = await atATime(AT_A_TIME, scaled(ROUNDS, 200), async (index) => {
    const peer = new RawPeer(port, addressOf(index));
    peer.write('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await within(ANSWER_MS, Promise.race([once(peer.socket, 'data'), peer.closed]));
    peer.socket.end(
      'GET /x HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
    );
    // The bytes must leave before the connection does.
    await new Promise((resolve) => setImmediate(resolve));
    peer.close();
    await peer.closed;
  });
  return { rounds, peers: AT_A_TIME };
}
