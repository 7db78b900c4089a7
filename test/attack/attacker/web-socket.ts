/** WebSockets as bytes: a peer that writes what it likes, and that ignores a closing handshake. */

import { until } from '../../support/until.js';
import { RawPeer } from './raw-peer.js';

const UPGRADE =
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n' +
  'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
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

/** A text frame of less than 126 bytes, masked with zeros. */
export const shortFrame = (text: string): Buffer =>
  Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
