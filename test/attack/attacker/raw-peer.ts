/** TCP connections that write any bytes. */

import { connect, type Socket } from 'node:net';
import { times } from '../../support/until.js';
import { addressOf } from './kit.js';

const MAX_TEXT = 4_096;

export class RawPeer {
  readonly socket: Socket;
  /** The beginning of what came. */
  text = '';
  bytes = 0;
  open = true;
  readonly closed: Promise<unknown>;

  constructor(port: number, address: string) {
    this.socket = connect({ port, host: '127.0.0.1', localAddress: address });
    this.socket.setNoDelay(true);
    this.socket.on('data', (chunk) => {
      this.bytes += chunk.length;
      if (this.text.length < MAX_TEXT) this.text += chunk.toString('latin1');
    });
    this.socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      this.socket.on('close', () => {
        this.open = false;
        resolve(undefined);
      });
    });
  }

  write(bytes: string | Buffer): void {
    if (this.open) this.socket.write(bytes);
  }

  close(): void {
    this.socket.destroy();
  }
}

/** So many connections, each of which sends the same text. */
export const peersThatSend = (port: number, count: number, text: string): readonly RawPeer[] =>
  times(count, (index) => {
    const peer = new RawPeer(port, addressOf(index));
    peer.write(text);
    return peer;
  });

/** The text of a request without a body. */
export function requestText(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): string {
  const lines = Object.entries({ Host: '127.0.0.1', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
