/** Requests that do not end: bodies that never come, and HEAD where GET is a stream. */

import { pause } from '../../support/until.js';
import { bearer } from '../attacker/http-peer.js';
import type { Kit } from '../attacker/kit.js';
import { unsettledAfter } from '../attacker/pace.js';
import { peersThatSend, requestText } from '../attacker/raw-peer.js';
import { tokenOf } from '../attacker/token.js';
import type { Counts, Scenario } from '../scenario.js';
import { CALM } from './calm.js';

const BODIES = 200;
const HEADS = 50;
const PATH = '/threads/crowd:1/events';
/** After `bodyTimeoutMs` and `requestTimeoutMs`, and the time between two looks at them. */
const OVER_MS = 45_000;
const ANSWER_MS = 2_000;

export const slowRequests: Scenario = {
  name: 'slow-requests',
  finding: 'M5',
  about:
    '200 bodies that stop after 5 bytes; 50 HEAD requests for streams, each with a request behind it',
  parts: ['bodies', 'heads'],
  attack: (kit, part) => (part === 'bodies' ? slowBodies : heads)(kit),
  bounds: { most: { ...CALM, leftOpen: 0, unanswered: 0 } },
};

async function slowBodies({ port, scaled }: Kit): Promise<Counts> {
  const head = requestText('POST', PATH, {
    ...bearer(await tokenOf('crowd')),
    'Content-Type': 'application/json',
    'Content-Length': '1000',
  });
  const peers = peersThatSend(port, BODIES, `${head}{"eve`);
  const leftOpen = await unsettledAfter(
    scaled(OVER_MS),
    peers.map(({ closed }) => closed),
  );
  return { peers: BODIES, leftOpen, unanswered: peers.filter(({ text }) => text === '').length };
}

async function heads({ port }: Kit): Promise<Counts> {
  const headers = bearer(await tokenOf('crowd'));
  const both = requestText('HEAD', PATH, headers) + requestText('GET', '/healthz', headers);
  const peers = peersThatSend(port, HEADS, both);
  await pause(ANSWER_MS);
  const unanswered = peers.filter(({ text }) => text.split('HTTP/1.1 ').length < 3).length;
  for (const peer of peers) peer.close();
  return { peers: HEADS, leftOpen: 0, unanswered };
}
