/** Requests that do not end: bodies that never come, and HEAD where GET is a stream. */

import { pause, times } from '../../support/until.js';
import { addressOf, type Kit } from '../attacker/kit.js';
import { unsettledAfter } from '../attacker/pace.js';
import { RawPeer } from '../attacker/raw-peer.js';
import { tokenOf } from '../attacker/token.js';
import { type Counts, scenario } from '../scenario.js';
import { CALM } from './calm.js';

const BODIES = 200;
const HEADS = 50;
/** After `bodyTimeoutMs` and `requestTimeoutMs`, and the time between two looks at them. */
const OVER_MS = 45_000;
const ANSWER_MS = 2_000;

export const slowRequests = scenario({
  name: 'slow-requests',
  finding: 'M5',
  about:
    '200 bodies that stop after 5 bytes; 50 HEAD requests for streams, each with a request behind it',
  parts: ['bodies', 'heads'],
  attack: (kit, part) => (part === 'bodies' ? slowBodies : heads)(kit),
  bounds: { most: { ...CALM, leftOpen: 0, unanswered: 0 } },
});

async function slowBodies({ port, scaled }: Kit): Promise<Counts> {
  const token = await tokenOf('crowd');
  const peers = times(BODIES, (index) => {
    const peer = new RawPeer(port, addressOf(index));
    peer.write(
      'POST /threads/crowd:1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n' +
        `Authorization: Bearer ${token}\r\nContent-Length: 1000\r\n\r\n{"eve`,
    );
    return peer;
  });
  const leftOpen = await unsettledAfter(
    scaled(OVER_MS),
    peers.map(({ closed }) => closed),
  );
  return { peers: BODIES, leftOpen, unanswered: peers.filter(({ text }) => text === '').length };
}

async function heads({ port }: Kit): Promise<Counts> {
  const token = await tokenOf('crowd');
  const peers = times(HEADS, (index) => {
    const peer = new RawPeer(port, addressOf(index));
    const more = `HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`;
    peer.write(`HEAD /threads/crowd:1/events ${more}GET /healthz ${more}`);
    return peer;
  });
  await pause(ANSWER_MS);
  const unanswered = peers.filter(({ text }) => text.split('HTTP/1.1 ').length < 3).length;
  for (const peer of peers) peer.close();
  return { peers: HEADS, leftOpen: 0, unanswered };
}
