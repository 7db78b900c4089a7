/** Streams of server-sent events whose readers stop reading, on a busy thread. */

import { times } from '../../support/until.js';
import { bearer, HttpPeer } from '../attacker/http-peer.js';
import { addressOf, type Kit } from '../attacker/kit.js';
import { perSecond } from '../attacker/pace.js';
import { RawPeer } from '../attacker/raw-peer.js';
import { tokenOf } from '../attacker/token.js';
import { type Counts, scenario } from '../scenario.js';
import { CALM } from './calm.js';

const READERS = 100;
const EVENTS_PER_SECOND = 200;
const FOR_MS = 30_000;
const WRITERS = 20;
const PATH = '/threads/crowd:busy/events';

export const stalledStreams = scenario({
  name: 'stalled-streams',
  finding: 'M3',
  about: '100 streams whose readers read nothing, on a thread with 200 events of 1 KB a second',
  attack,
  bounds: { most: CALM },
});

async function attack({ port, scaled }: Kit): Promise<Counts> {
  const token = await tokenOf('crowd');
  const readers = times(READERS, (index) => {
    const peer = new RawPeer(port, addressOf(index));
    peer.socket.pause();
    peer.write(`GET ${PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    return peer;
  });
  const writers = times(WRITERS, (index) => new HttpPeer(port, addressOf(index)));
  const body = JSON.stringify({ event: 'note', data: 'x'.repeat(1_000) });
  let published = 0;
  await perSecond(EVENTS_PER_SECOND, scaled(FOR_MS, 1_000), (index) => {
    void writers[index % WRITERS]
      ?.ask({ method: 'POST', path: PATH, headers: bearer(token), body })
      .then(({ status }) => {
        if (status === 200) published += 1;
      });
  });
  for (const peer of writers) peer.close();
  return { peers: READERS, published, open: readers.filter(({ open }) => open).length };
}
