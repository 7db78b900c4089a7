/** Sockets that join and never register. They answer pings. */

import { times } from '../../support/until.js';
import { addressOf, type Kit } from '../attacker/kit.js';
import { unsettledAfter } from '../attacker/pace.js';
import { SocketPeer } from '../attacker/socket-peer.js';
import type { Counts, Scenario } from '../scenario.js';
import { CALM } from './calm.js';

const SOCKETS = 50;
const GONE_AFTER_MS = 12_000;

export const idleSockets: Scenario = {
  name: 'idle-sockets',
  finding: 'H9',
  about: '50 joined sockets never register',
  attack,
  bounds: { most: { ...CALM, left: 0 } },
};

async function attack({ port }: Kit): Promise<Counts> {
  const peers = times(SOCKETS, (index) => new SocketPeer({ port, address: addressOf(index) }));
  await Promise.all(peers.map(({ ready }) => ready));
  const left = await unsettledAfter(
    GONE_AFTER_MS,
    peers.map(({ closed }) => closed),
  );
  return { peers: SOCKETS, left };
}
