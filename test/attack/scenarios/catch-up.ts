/** A hundred readers that read a long thread from its start, at once. */

import type { Receipt, ThreadEvents } from '@session-monitor/protocol';
import { hold, times } from '../../support/until.js';
import { bearer } from '../attacker/http-peer.js';
import { addressOf, type Kit } from '../attacker/kit.js';
import { unsettledAfter } from '../attacker/pace.js';
import { peersThatSend, requestText } from '../attacker/raw-peer.js';
import { isReceipt, SocketPeer } from '../attacker/socket-peer.js';
import { tokenOf } from '../attacker/token.js';
import type { Counts, Scenario } from '../scenario.js';
import { MB } from '../units.js';

const READERS = 100;
const EVENTS = 30_000;
const AT_ONCE = 250;
const THREAD = 'crowd:long';
const FOR_MS = 90_000;

export const catchUp: Scenario = {
  name: 'catch-up',
  finding: 'M4',
  about:
    '100 readers read a thread of 30 MB from its start, by streams and by acknowledged sockets',
  parts: ['streams', 'sockets'],
  async fill(store) {
    const event = JSON.stringify(['note', 'x'.repeat(1_000)]);
    for (let done = 0; done < EVENTS; done += AT_ONCE) {
      await store.logs.append(
        THREAD,
        times(AT_ONCE, () => event),
      );
    }
  },
  attack: (kit, part) => (part === 'streams' ? byStreams : bySockets)(kit),
  bounds: { most: { p99Ms: 100, mbPerPeer: 1 }, least: { caughtUp: READERS } },
};

async function byStreams({ port, scaled }: Kit): Promise<Counts> {
  const headers = bearer(await tokenOf('crowd'));
  const began = performance.now();
  const request = requestText('GET', `/threads/${THREAD}/events?since=start`, headers);
  const readers = peersThatSend(port, READERS, request);
  const caughtUp = readers.map(
    ({ socket }) =>
      new Promise<void>((resolve) => {
        socket.on('data', (chunk) => {
          if (chunk.includes(`"offset":${EVENTS},`)) resolve();
        });
      }),
  );
  const left = await unsettledAfter(scaled(FOR_MS), caughtUp);
  const bytes = readers.reduce((sum, peer) => sum + peer.bytes, 0);
  for (const peer of readers) peer.close();
  const ms = performance.now() - began;
  return { peers: READERS, caughtUp: READERS - left, readMb: bytes / MB, readMs: ms };
}

async function bySockets({ port, scaled, random }: Kit): Promise<Counts> {
  const token = await tokenOf('crowd');
  const began = performance.now();
  const readers = times(READERS, (index) => {
    const { released: caughtUp, release } = hold();
    let receipt: Partial<Receipt> = {};
    const peer = new SocketPeer({
      port,
      address: addressOf(index),
      onEvent(name, [frame]) {
        if (name !== 'thread_events') return;
        const { epoch, offset: from, events } = frame as ThreadEvents;
        const offset = from + events.length - 1;
        const { session_id, generation } = receipt;
        peer.emit('thread_ack', { session_id, generation, epoch, offset });
        if (offset >= EVENTS) release();
      },
    });
    void peer.ready.then(async () => {
      const answer = await peer.register(THREAD, random.name(22), { token, since: 'start' });
      if (isReceipt(answer)) receipt = answer;
    });
    return { peer, caughtUp };
  });
  const left = await unsettledAfter(
    scaled(FOR_MS),
    readers.map((each) => each.caughtUp),
  );
  for (const { peer } of readers) peer.close();
  return { peers: READERS, caughtUp: READERS - left, readMs: performance.now() - began };
}
