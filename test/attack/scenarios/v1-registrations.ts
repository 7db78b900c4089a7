/** Clients of the first dialect that register on one thread and hang up: their sessions stay for half an hour. */

import { hold, within } from '../../support/until.js';
import { addressOf, type Kit } from '../attacker/kit.js';
import { atATime } from '../attacker/pace.js';
import { SocketPeer } from '../attacker/socket-peer.js';
import { quantiles } from '../quantiles.js';
import type { Counts, Scenario } from '../scenario.js';
import { CALM } from './calm.js';

const REGISTRATIONS = 4_800;
const AT_A_TIME = 50;
const FOR_MS = 50_000;
const ANSWER_MS = 30_000;

export const v1Registrations: Scenario = {
  name: 'v1-registrations',
  finding: 'H2',
  about: '4,800 clients of the first dialect register on one thread and hang up, 50 at a time',
  // The first dialect carries no token.
  server: { authorizeMs: 0 },
  attack,
  bounds: { most: { ...CALM, loopMaxMs: 250 } },
};

async function attack({ port, scaled }: Kit): Promise<Counts> {
  const tookMs: number[] = [];
  let peers = 0;
  const one = async (index: number) => {
    const { released: answered, release } = hold();
    const onEvent = (name: string) => {
      if (name === 'session_registered' || name === 'error') release();
    };
    const peer = new SocketPeer({ port, address: addressOf(index), onEvent });
    await peer.ready;
    const began = performance.now();
    peer.emit('register_session', { thread_id: 'crowd:v1', user_id: 'crowd' });
    await within(ANSWER_MS, Promise.race([answered, peer.closed]));
    if (peer.open) tookMs.push(performance.now() - began);
    peer.close();
    peers += 1;
  };
  const deadline = performance.now() + FOR_MS;
  await atATime(AT_A_TIME, scaled(REGISTRATIONS), one, deadline);
  const at = quantiles(tookMs);
  return { peers, registered: tookMs.length, registerP50Ms: at(0.5), registerP99Ms: at(0.99) };
}
