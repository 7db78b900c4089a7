/** More WebSockets than the server has descriptors, kept open as long as it lets them. */

import { pause } from '../../support/until.js';
import { addressOf, type Kit } from '../attacker/kit.js';
import { atATime } from '../attacker/pace.js';
import type { RawPeer } from '../attacker/raw-peer.js';
import { JOIN_FRAME, openWebSocket } from '../attacker/web-socket.js';
import type { Counts, Scenario } from '../scenario.js';
import { CALM } from './calm.js';

const DESCRIPTORS = 2_048;
const SOCKETS = 2_300;
const AT_A_TIME = 64;
const HOLD_MS = 15_000;

export const descriptors: Scenario = {
  name: 'descriptors',
  finding: 'H9',
  about: '2,300 joined WebSockets on a server with 2,048 descriptors, while new users arrive',
  server: { descriptors: DESCRIPTORS },
  attack,
  arrivals: true,
  settleMs: 15_000,
  bounds: { most: { ...CALM, newUserMs: 500 } },
};

async function attack({ port, scaled }: Kit): Promise<Counts> {
  const opened: RawPeer[] = [];
  const peers = scaled(SOCKETS);
  const deadline = performance.now() + HOLD_MS;
  await atATime(
    AT_A_TIME,
    peers,
    async (index) => {
      const peer = await openWebSocket(port, addressOf(index));
      if (!peer) return;
      opened.push(peer);
      peer.write(JOIN_FRAME);
    },
    deadline,
  );
  await pause(Math.max(0, deadline - performance.now()));
  const left = opened.filter(({ open }) => open).length;
  for (const peer of opened) peer.close();
  return { peers, opened: opened.length, left };
}
