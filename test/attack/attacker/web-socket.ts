/** WebSockets as bytes: a peer that writes what it likes, and that ignores a closing handshake. */

import { until } from '../../support/until.js';
import { RawPeer, requestText } from './raw-peer.js';

const UPGRADE = requestText('GET', '/socket.io/?EIO=4&transport=websocket', {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
});
const OPEN_MS = 10_000;

/** Resolves when the server has answered; undefined if it did not let the peer in. */
export async function openWebSocket(port: number, address: string): Promise<RawPeer | undefined> {
  const peer = new RawPeer(port, address);
  peer.write(UPGRADE);
  const answered = until('the upgrade is answered', () => peer.text !== '' || !peer.open, {
    timeoutMs: OPEN_MS,
    everyMs: 10,
  });
  await answered.catch(() => {});
  if (peer.open && peer.text.startsWith('HTTP/1.1 101')) return peer;
  peer.close();
  return undefined;
}

/** Joins the default namespace: a text frame with `40`, masked with zeros. */
export const JOIN_FRAME = Buffer.from([0x81, 0x80 | 2, 0, 0, 0, 0, ...Buffer.from('40')]);
