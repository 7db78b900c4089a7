/** Streams of server-sent events whose readers stop reading, on a busy thread. */

import { bearer } from '../attacker/http-peer.js';
import { HttpPeers } from '../attacker/http-peers.js';
import type { Kit } from '../attacker/kit.js';
import { perSecond } from '../attacker/pace.js';
import { peersThatSend, requestText } from '../attacker/raw-peer.js';
import { tokenOf } from '../attacker/token.js';
import type { Counts, Scenario } from '../scenario.js';
import { CALM } from './calm.js';

const READERS = 100;
const EVENTS_PER_SECOND = 200;
const FOR_MS = 30_000;
const WRITERS = 20;
const PATH = '/threads/crowd:busy/events';

export const stalledStreams: Scenario = {
  name: 'stalled-streams',
  finding: 'M3',
  about: '100 streams whose readers read nothing, on a thread with 200 events of 1 KB a second',
  attack,
  bounds: { most: CALM },
};

async function attack({ port, scaled }: Kit): Promise<Counts> {
  const headers = bearer(await tokenOf('crowd'));
  const readers = peersThatSend(port, READERS, requestText('GET', PATH, headers));
  for (const { socket } of readers) socket.pause();
  const writers = new HttpPeers(port, WRITERS);
  const body = JSON.stringify({ event: 'note', data: 'x'.repeat(1_000) });
  let published = 0;
  await perSecond(EVENTS_PER_SECOND, scaled(FOR_MS, 1_000), (index) => {
    void writers
      .of(index)
      .ask({ method: 'POST', path: PATH, headers, body })
      .then(({ status }) => {
        if (status === 200) published += 1;
      });
  });
  writers.close();
  return { peers: READERS, published, open: readers.filter(({ open }) => open).length };
}
