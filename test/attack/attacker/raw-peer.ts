/** A TCP connection that writes any bytes. */

import { connect, type Socket } from 'node:net';

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

const MAX_TEXT = 4_096;
