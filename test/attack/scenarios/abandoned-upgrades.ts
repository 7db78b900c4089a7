/** Answered connections that ask for an upgrade to another path and hang up: each once leaked a descriptor. */

import { once } from 'node:events';
import { within } from '../../support/until.js';
import { addressOf, type Kit } from '../attacker/kit.js';
import { atATime } from '../attacker/pace.js';
import { RawPeer, requestText } from '../attacker/raw-peer.js';
import type { Counts, Scenario } from '../scenario.js';
import { CALM } from './calm.js';

const ROUNDS = 2_200;
const AT_A_TIME = 50;
const ANSWER_MS = 5_000;

export const abandonedUpgrades: Scenario = {
  name: 'abandoned-upgrades',
  finding: 'C2',
  about: '2,200 answered connections ask for an upgrade to another path and hang up',
  attack,
  bounds: { most: { ...CALM, descriptorGrowth: 10 } },
  short: { most: { descriptorGrowth: 20 } },
};

async function attack({ port, scaled }: Kit): Promise<Counts> {
  const rounds = await atATime(AT_A_TIME, scaled(ROUNDS, 200), async (index) => {
    const peer = new RawPeer(port, addressOf(index));
    peer.write(requestText('GET', '/healthz'));
    await within(ANSWER_MS, Promise.race([once(peer.socket, 'data'), peer.closed]));
    peer.socket.end(requestText('GET', '/x', { Connection: 'Upgrade', Upgrade: 'x' }));
    // The bytes must leave before the connection does.
    await new Promise((resolve) => setImmediate(resolve));
    peer.close();
    await peer.closed;
  });
  return { rounds, peers: AT_A_TIME };
}
