/** A hundred readers that read a long thread from its start, at once. */

import { times } from '../../support/until.js';
import { addressOf, type Kit } from '../attacker/kit.js';
import { unsettledAfter } from '../attacker/pace.js';
import { RawPeer } from '../attacker/raw-peer.js';
import { isReceipt, SocketPeer } from '../attacker/socket-peer.js';
import { tokenOf } from '../attacker/token.js';
import { type Counts, scenario } from '../scenario.js';

const READERS = 100;
const EVENTS = 30_000;
const AT_ONCE = 250;
const THREAD = 'crowd:long';
const FOR_MS = 90_000;
const MB = 2 ** 20;

export const catchUp = scenario({
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
});

async function byStreams({ port, scaled }: Kit): Promise<Counts> {
  const token = await tokenOf('crowd');
  const began = performance.now();
  const readers = times(READERS, (index) => {
    const peer = new RawPeer(port, addressOf(index));
    peer.write(
      `GET /threads/${THREAD}/events?since=start HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    );
    const caughtUp = new Promise<void>((resolve) => {
      peer.socket.on('data', (chunk) => {
        if (chunk.includes(`"offset":${EVENTS},`)) resolve();
      });
    });
    return { peer, caughtUp };
  });
  const left = await unsettledAfter(
    scaled(FOR_MS),
    readers.map((each) => each.caughtUp),
  );
  const bytes = readers.reduce((sum, { peer }) => sum + peer.bytes, 0);
  for (const { peer } of readers) peer.close();
  const ms = performance.now() - began;
  return { peers: READERS, caughtUp: READERS - left, readMb: bytes / MB, readMs: ms };
}

async function bySockets({ port, scaled, random }: Kit): Promise<Counts> {
  const token = await tokenOf('crowd');
  const began = performance.now();
  const readers = times(READERS, (index) => {
    let done: () => void = () => {};
    const caughtUp = new Promise<void>((resolve) => {
      done = resolve;
    });
    let receipt: Readonly<Record<string, unknown>> = {};
    const peer = new SocketPeer({
      port,
      address: addressOf(index),
      onEvent(name, [frame]) {
        if (name !== 'thread_events') return;
        const {
          epoch,
          offset: from,
          events,
        } = frame as {
          readonly epoch: string;
          readonly offset: number;
          readonly events: readonly unknown[];
        };
        const offset = from + events.length - 1;
        const { session_id, generation } = receipt;
        peer.emit('thread_ack', { session_id, generation, epoch, offset });
        if (offset >= EVENTS) done();
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
