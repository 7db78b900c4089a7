/** One socket that registers and leaves again and again: each session leaves a record. */

import { pause, times } from '../../support/until.js';
import { addressOf, type Kit } from '../attacker/kit.js';
import { isReceipt, SocketPeer } from '../attacker/socket-peer.js';
import { tokenOf } from '../attacker/token.js';
import type { Counts, Scenario } from '../scenario.js';
import { CALM } from './calm.js';

const FOR_MS = 20_000;
const UNDER_WAY = 32;
const RETRY_MS = 50;

export const registerAndLeave: Scenario = {
  name: 'register-and-leave',
  finding: 'H4',
  about: 'one user registers and leaves in a loop, on one socket at a time',
  attack,
  bounds: { most: { ...CALM, registeredPerSecond: 100, dataGrowthMb: 4 } },
  short: { most: { registeredPerSecond: 2_000 } },
};

async function attack({ port, scaled, random }: Kit): Promise<Counts> {
  const token = await tokenOf('crowd');
  const forMs = scaled(FOR_MS, 400);
  const deadline = performance.now() + forMs;
  let registered = 0;
  let sockets = 0;
  while (performance.now() < deadline) {
    const peer = new SocketPeer({ port, address: addressOf(sockets) });
    sockets += 1;
    await peer.ready;
    if (!peer.open) await pause(RETRY_MS);
    const lane = async () => {
      while (peer.open && performance.now() < deadline) {
        const receipt = await peer.register(`crowd:${random.int(1, 1_000)}`, random.name(22), {
          token,
        });
        if (!isReceipt(receipt)) continue;
        registered += 1;
        const { session_id, generation } = receipt;
        peer.emit('leave_session', { session_id, generation });
      }
    };
    await Promise.all(times(UNDER_WAY, lane));
    peer.close();
  }
  return { sockets, registered, registeredPerSecond: (registered * 1_000) / forMs };
}
