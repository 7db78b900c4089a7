/** One socket registers 20,000 times while `authorize` takes three seconds. */

import { pause } from '../../support/until.js';
import { addressOf, type Kit } from '../attacker/kit.js';
import { SocketPeer } from '../attacker/socket-peer.js';
import type { Counts, Scenario } from '../scenario.js';
import { CALM } from './calm.js';

const REGISTRATIONS = 20_000;
const AT_ONCE = 50;
const WAIT_MS = 4_000;
const TOKEN = 'x'.repeat(8_000);
/** `authorizeCalls`. */
const ALLOWED = 8;

export const authorizeCalls: Scenario = {
  name: 'authorize-calls',
  finding: 'H10',
  about: 'one socket registers 20,000 times with tokens of 8 KB, while authorize takes 3 s',
  server: { authorizeMs: 3_000 },
  attack,
  bounds: { most: { ...CALM, callsUnderWay: ALLOWED } },
  short: { most: { callsUnderWay: ALLOWED }, least: { callsUnderWay: 1 } },
};

async function attack({ port, random, scaled }: Kit): Promise<Counts> {
  const peer = new SocketPeer({ port, address: addressOf(0) });
  await peer.ready;
  const wanted = scaled(REGISTRATIONS);
  let sent = 0;
  while (sent < wanted && peer.open) {
    void peer.register(`crowd:${sent}`, random.name(22), { token: TOKEN });
    sent += 1;
    if (sent % AT_ONCE === 0) await pause(1);
  }
  await pause(scaled(WAIT_MS, 1_000));
  return { sent, open: peer.open ? 1 : 0 };
}
