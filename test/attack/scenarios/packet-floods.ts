/** Polling payloads that are full of packets, and one that is one deep packet. */

import { pause } from '../../support/until.js';
import { HttpPeer } from '../attacker/http-peer.js';
import { addressOf, type Kit } from '../attacker/kit.js';
import { openPolling } from '../attacker/polling.js';
import { type Counts, scenario } from '../scenario.js';
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
    .join('\u001e');

const PAYLOADS: Readonly<Record<string, string>> = {
  connects: full('41', PAYLOAD_BYTES),
  events: full('42["x"]', PAYLOAD_BYTES),
  pongs: full('3', PAYLOAD_BYTES),
  nested: `42["x",${'['.repeat(PAYLOAD_BYTES / 2 - 10)}${']'.repeat(PAYLOAD_BYTES / 2 - 10)}]`,
  large: full('41', LARGE_BYTES),
};

export const packetFloods = scenario({
  name: 'packet-floods',
  finding: 'H1',
  about: 'three polling clients post payloads of up to 330,000 packets, again and again',
  parts: Object.keys(PAYLOADS),
  attack,
  bounds: { most: { ...CALM, takenPerSession: TAKEN } },
  short: { most: { takenPerSession: TAKEN } },
});

async function attack({ port, scaled }: Kit, part: string): Promise<Counts> {
  const payload = PAYLOADS[part] ?? '';
  const deadline = performance.now() + scaled(FOR_MS, 400);
  const counts = { posts: 0, taken: 0, sessions: 0 };
  await Promise.all(Array.from({ length: SENDERS }, (_, index) => send(index)));
  return {
    ...counts,
    peers: SENDERS,
    takenPerSession: counts.taken / Math.max(1, counts.sessions),
  };

  async function send(index: number): Promise<void> {
    const peer = new HttpPeer(port, addressOf(index));
    while (performance.now() < deadline) {
      const session = await openPolling(peer);
      if (session) counts.sessions += 1;
      else await pause(RETRY_MS);
      if (part === 'events') await session?.post('40');
      for (let status = session ? 200 : 0; status === 200 && performance.now() < deadline; ) {
        status = (await session?.post(payload)) ?? 0;
        counts.posts += 1;
        if (status === 200) counts.taken += 1;
      }
    }
    peer.close();
  }
}
