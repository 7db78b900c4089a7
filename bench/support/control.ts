/**
 * The load reports how far the slowest subscriber is to the server, over a separate socket. The server then
 * publishes only as fast as its subscribers are served, so that no peer's buffers grow without end.
 */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface ControlServer {
  readonly port: number;
  /** The load's latest report. */
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

/** Returns the function that reports progress. */
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
