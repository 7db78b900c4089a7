/** Requests one behind the other on a connection whose answers are not read. */

import { pause, times } from '../../support/until.js';
import { addressOf, type Kit } from '../attacker/kit.js';
import { RawPeer } from '../attacker/raw-peer.js';
import { type Counts, scenario } from '../scenario.js';
import { CALM } from './calm.js';

const CONNECTIONS = 20;
const REQUESTS = 20_000;
const FOR_MS = 10_000;
const REQUEST = 'GET /session_monitor.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';

export const pipelining = scenario({
  name: 'pipelining',
  finding: 'L7',
  about: '20 connections with 20,000 requests for the client script each, and nothing read',
  attack,
  bounds: { most: CALM },
});

async function attack({ port, scaled }: Kit): Promise<Counts> {
  const peers = times(CONNECTIONS, (index) => {
    const peer = new RawPeer(port, addressOf(index));
    peer.socket.pause();
    peer.write(REQUEST.repeat(scaled(REQUESTS, 2_000)));
    return peer;
  });
  await pause(scaled(FOR_MS, 1_000));
  return { peers: CONNECTIONS, open: peers.filter(({ open }) => open).length };
}
