/**
 * How far the slowest subscriber has come, told by the load to the server over a socket of their own, so
 * that the server publishes as fast as its subscribers are served and no faster: nobody's buffers grow
 * without end, whoever is measured.
 */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface ControlServer {
  readonly port: number;
  /** The newest word of the load. */
  readonly progress: () => number;
  close(): void;
}

export async function listenForProgress(onProgress: () => void): Promise<ControlServer> {
  let progress = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('data', (chunk) => {
      progress = chunk.readUInt32LE(chunk.length - 4);
      onProgress();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    progress: () => progress,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Returns how to tell it. */
export async function tellProgress(port: number): Promise<(progress: number) => void> {
  const socket = connect(port, '127.0.0.1').setNoDelay();
  await once(socket, 'connect');
  socket.on('error', () => {});
  return (progress) => {
    const word = Buffer.allocUnsafe(4);
    word.writeUInt32LE(progress);
    socket.write(word);
  };
}
