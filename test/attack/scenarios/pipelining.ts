/** Requests one behind the other on a connection whose answers are not read. */

import { pause } from '../../support/until.js';
import type { Kit } from '../attacker/kit.js';
import { peersThatSend, requestText } from '../attacker/raw-peer.js';
import type { Counts, Scenario } from '../scenario.js';
import { CALM } from './calm.js';

const CONNECTIONS = 20;
const REQUESTS = 20_000;
const FOR_MS = 10_000;
const REQUEST = requestText('GET', '/session_monitor.js');

export const pipelining: Scenario = {
  name: 'pipelining',
  finding: 'L7',
  about: '20 connections with 20,000 requests for the client script each, and nothing read',
  attack,
  bounds: { most: CALM },
};

async function attack({ port, scaled }: Kit): Promise<Counts> {
  const peers = peersThatSend(port, CONNECTIONS, REQUEST.repeat(scaled(REQUESTS, 2_000)));
  for (const { socket } of peers) socket.pause();
  await pause(scaled(FOR_MS, 1_000));
  return { peers: CONNECTIONS, open: peers.filter(({ open }) => open).length };
}
