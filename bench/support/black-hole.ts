/** A proxy that can make connections half-open: they stay up, carry nothing, and report no error. */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface BlackHole {
  readonly port: number;
  /** From now on neither existing nor new connections carry anything. */
  swallow(): void;
  close(): Promise<void>;
}

export async function openBlackHole(target: number): Promise<BlackHole> {
  const sockets = new Set<Socket>();
  let silent = false;
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    const carry = (from: Socket, to: Socket) => {
      sockets.add(from);
      from.setNoDelay(true);
      from.on('data', (bytes) => !silent && to.write(bytes));
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        if (!silent) to.destroy();
      });
    };
    carry(client, upstream);
    carry(upstream, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    swallow: () => {
      silent = true;
    },
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
