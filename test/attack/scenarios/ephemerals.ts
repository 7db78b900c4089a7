/** One member sends ephemeral events to a thread that 1,500 sessions follow. */

import { pause } from '../../support/until.js';
import { addressOf, type Kit } from '../attacker/kit.js';
import { atATime } from '../attacker/pace.js';
import { isOk, isReceipt, SocketPeer } from '../attacker/socket-peer.js';
import { tokenOf } from '../attacker/token.js';
import type { Counts, Scenario } from '../scenario.js';
import { CALM } from './calm.js';

const FOLLOWERS = 1_500;
const AT_A_TIME = 60;
const FOR_MS = 10_000;
/** On a busy machine it goes on until there are so many, more than the short form allows. */
const FEWEST = 120;
const RETRY_MS = 100;
const THREAD = 'crowd:thread';
const NOTE = 'x'.repeat(1_000);
/** Ten a second, and three seconds' worth at once. */
const ALLOWED = 10 * (FOR_MS / 1_000) + 30;

/** By the followers: they are there before the attack. */
let received = 0;

export const ephemerals: Scenario = {
  name: 'ephemerals',
  finding: 'H3',
  about: 'one member sends ephemeral events of 1 KB to 1,500 followers, 60 under way',
  // All of them are one user.
  server: { env: { LIMIT_REGISTRATIONS_PER_SECOND: '1000' } },
  prepare,
  attack,
  bounds: { most: { ...CALM, perFollower: ALLOWED } },
  // What is accepted is judged, too: followers on a busy machine miss some.
  short: { most: { perFollower: 60, accepted: 60 }, least: { perFollower: 1 } },
};

async function prepare({ port, scaled, random }: Kit): Promise<void> {
  const token = await tokenOf('crowd');
  await atATime(20, scaled(FOLLOWERS), async (index) => {
    const onEvent = (name: string) => {
      if (name === 'thread_ephemeral') received += 1;
    };
    const peer = new SocketPeer({ port, address: addressOf(index), onEvent });
    await peer.ready;
    await peer.register(THREAD, random.name(22), { token, since: 'now' });
  });
}

async function attack({ port, scaled, random }: Kit): Promise<Counts> {
  const peers = scaled(FOLLOWERS);
  const sender = new SocketPeer({ port, address: addressOf(0) });
  await sender.ready;
  const receipt = await sender.register(THREAD, random.name(22), { token: await tokenOf('crowd') });
  if (!isReceipt(receipt)) return { peers, accepted: 0 };
  const deadline = performance.now() + scaled(FOR_MS, 1_000);
  let accepted = 0;
  const send = async (index: number) => {
    // A closed connection answers at once: without a pause this would be a busy loop.
    if (!sender.open) return pause(RETRY_MS);
    const answer = await sender.ask('thread_send', {
      session_id: receipt.session_id,
      message_id: `note-${index}`,
      event: 'cursor',
      data: NOTE,
      ephemeral: true,
    });
    if (isOk(answer)) accepted += 1;
  };
  let sent = 0;
  if (sender.open) {
    sent += await atATime(AT_A_TIME, FEWEST, send);
    sent += await atATime(AT_A_TIME, 1_000_000, send, deadline);
  }
  return { peers, sent, accepted, perFollower: received / peers, open: sender.open ? 1 : 0 };
}
