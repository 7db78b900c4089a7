/** Handshakes in a burst, on each transport, joined and not. The peers stay silent and ignore a goodbye. */

import { pause } from '../../support/until.js';
import { HttpPeers } from '../attacker/http-peers.js';
import { addressOf, type Kit } from '../attacker/kit.js';
import { atATime, unsettledAfter } from '../attacker/pace.js';
import { isForgotten, openPolling } from '../attacker/polling.js';
import type { RawPeer } from '../attacker/raw-peer.js';
import { JOIN_FRAME, openWebSocket } from '../attacker/web-socket.js';
import type { Counts, Scenario } from '../scenario.js';
import { CALM } from './calm.js';

const POLLING = 20_000;
/** Each takes a descriptor of both processes. */
const WEB_SOCKETS = 18_000;
const AT_A_TIME = 128;
const BURST_MS = 30_000;
/** From the last handshake on. */
const GONE_AFTER_MS = 12_000;
const SAMPLES = 50;

export const handshakes: Scenario = {
  name: 'handshakes',
  finding: 'H9',
  about:
    '20,000 handshakes (18,000 by WebSocket) in a burst, joined and not, without a registration',
  parts: ['polling', 'polling joined', 'websocket', 'websocket joined'],
  attack: (kit, part) =>
    (part.startsWith('polling') ? pollingBurst : webSocketBurst)(kit, part.endsWith('joined')),
  arrivals: true,
  settleMs: 15_000,
  bounds: { most: { ...CALM, newUserMs: 500, leftAfterTenSeconds: 0 } },
};

async function pollingBurst({ port, scaled }: Kit, joins: boolean): Promise<Counts> {
  const peers = new HttpPeers(port, AT_A_TIME);
  const sids: string[] = [];
  const began = performance.now();
  const one = async (index: number) => {
    const session = await openPolling(peers.of(index));
    if (!session) return;
    sids.push(session.sid);
    if (joins) await session.join();
  };
  const tried = await atATime(AT_A_TIME, scaled(POLLING), one, began + BURST_MS);
  const burstMs = performance.now() - began;
  await pause(scaled(GONE_AFTER_MS, 1_000));
  const step = Math.max(1, Math.floor(sids.length / SAMPLES));
  const samples = sids.filter((_, index) => index % step === 0);
  let left = 0;
  await atATime(10, samples.length, async (index) => {
    if (!(await isForgotten(port, addressOf(index), samples[index] ?? ''))) left += 1;
  });
  peers.close();
  const share = left / Math.max(1, samples.length);
  return { peers: tried, opened: sids.length, burstMs, leftAfterTenSeconds: share * sids.length };
}

async function webSocketBurst({ port, scaled }: Kit, joins: boolean): Promise<Counts> {
  const opened: RawPeer[] = [];
  const began = performance.now();
  const one = async (index: number) => {
    const peer = await openWebSocket(port, addressOf(index));
    if (!peer) return;
    opened.push(peer);
    if (joins) peer.write(JOIN_FRAME);
  };
  const tried = await atATime(AT_A_TIME, scaled(WEB_SOCKETS), one, began + BURST_MS);
  const burstMs = performance.now() - began;
  const closed = opened.map((peer) => peer.closed);
  const left = await unsettledAfter(scaled(GONE_AFTER_MS, 1_000), closed);
  for (const peer of opened) peer.close();
  return { peers: tried, opened: opened.length, burstMs, leftAfterTenSeconds: left };
}
