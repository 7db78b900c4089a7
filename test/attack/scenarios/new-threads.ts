/** GETs of threads that do not exist: reading makes nothing. */

import { bearer } from '../attacker/http-peer.js';
import { HttpPeers } from '../attacker/http-peers.js';
import type { Kit } from '../attacker/kit.js';
import { tokenOf } from '../attacker/token.js';
import type { Counts, Scenario } from '../scenario.js';
import { CALM } from './calm.js';

const READERS = 16;
const FOR_MS = 10_000;

export const newThreads: Scenario = {
  name: 'new-threads',
  finding: 'M1',
  about: 'a member reads, then follows, one thread after another that does not exist',
  parts: ['pages', 'streams'],
  attack,
  bounds: { most: { ...CALM, dataGrowthMb: 1 } },
  short: { most: { dataGrowthMb: 1 }, least: { answered: 10 } },
};

async function attack({ port, scaled }: Kit, part: string): Promise<Counts> {
  const headers = {
    ...bearer(await tokenOf('crowd')),
    accept: part === 'pages' ? 'application/json' : 'text/event-stream',
  };
  const deadline = performance.now() + scaled(FOR_MS, 400);
  let answered = 0;
  let threads = 0;
  await new HttpPeers(port, READERS).askUntil(deadline, async (peer) => {
    threads += 1;
    const path = `/threads/crowd:${part}-${threads}/events`;
    const { status } = await peer.ask({ path, headers, headOnly: true });
    if (status === 200) answered += 1;
  });
  return { peers: READERS, threads, answered };
}
