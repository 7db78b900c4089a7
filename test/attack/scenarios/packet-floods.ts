/** Polling payloads that are full of packets, and one that is one deep packet. */

import { pause } from '../../support/until.js';
import { HttpPeers } from '../attacker/http-peers.js';
import type { Kit } from '../attacker/kit.js';
import { openPolling, SEPARATOR } from '../attacker/polling.js';
import { nestedJson } from '../fuzz/nasty.js';
import type { Counts, Scenario } from '../scenario.js';
import { CALM } from './calm.js';

const SENDERS = 3;
const FOR_MS = 8_000;
const RETRY_MS = 20;
/** A connection that the server has closed may post a few more payloads before it polls. */
const TAKEN = 12;
/** Below the limit of a payload. */
const PAYLOAD_BYTES = 60 * 1024;
const LARGE_BYTES = 1_000_000;

const full = (packet: string, bytes: number): string =>
  Array<string>(Math.floor(bytes / (packet.length + 1)))
    .fill(packet)
    .join(SEPARATOR);

const PAYLOADS: Readonly<Record<string, string>> = {
  connects: full('41', PAYLOAD_BYTES),
  events: full('42["x"]', PAYLOAD_BYTES),
  pongs: full('3', PAYLOAD_BYTES),
  nested: `42["x",${nestedJson(PAYLOAD_BYTES / 2 - 10)}]`,
  large: full('41', LARGE_BYTES),
};

export const packetFloods: Scenario = {
  name: 'packet-floods',
  finding: 'H1',
  about: 'three polling clients post payloads of up to 330,000 packets, again and again',
  parts: Object.keys(PAYLOADS),
  attack,
  bounds: { most: { ...CALM, takenPerSession: TAKEN } },
  short: { most: { takenPerSession: TAKEN } },
};

async function attack({ port, scaled }: Kit, part: string): Promise<Counts> {
  const payload = PAYLOADS[part] ?? '';
  const deadline = performance.now() + scaled(FOR_MS, 400);
  const counts = { posts: 0, taken: 0, sessions: 0 };
  await new HttpPeers(port, SENDERS).askUntil(deadline, async (peer) => {
    const session = await openPolling(peer);
    if (!session) return pause(RETRY_MS);
    counts.sessions += 1;
    if (part === 'events') await session.join();
    for (let status = 200; status === 200 && performance.now() < deadline; ) {
      status = await session.post(payload);
      counts.posts += 1;
      if (status === 200) counts.taken += 1;
    }
  });
  return {
    ...counts,
    peers: SENDERS,
    takenPerSession: counts.taken / Math.max(1, counts.sessions),
  };
}
