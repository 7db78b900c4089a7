/** Socket.IO as its documentation shows it: a room for each thread, emits to the room. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdapter } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis';
import { Server, type ServerOptions } from 'socket.io';
import { EVENT, type Payload } from '../payload.js';
import type { Peer, PeerOptions } from './peer.js';
import { startRedis } from './redis-server.js';

export async function socketIo(
  { port = 0 }: PeerOptions,
  options: Partial<ServerOptions> = {},
): Promise<Peer> {
  const http = createServer();
  const io = new Server(http, {
    transports: ['websocket', 'polling'],
    serveClient: false,
    ...options,
  });
  io.on('connection', (socket) => {
    socket.on('join', (thread: string, joined: () => void) => {
      socket.join(thread);
      joined();
    });
    socket.on(
      'ping',
      (message: { readonly session_id: string }, answer: (pong: object) => void) => {
        answer({
          pong: true,
          timestamp: new Date().toISOString(),
          session_id: message.session_id,
          transport: 'websocket',
        });
      },
    );
  });
  http.listen(port, '127.0.0.1');
  await once(http, 'listening');
  return {
    port: (http.address() as AddressInfo).port,
    publish(thread: string, events: readonly Payload[]) {
      for (const event of events) io.to(thread).emit(EVENT, event);
    },
    async close() {
      await io.close();
    },
  };
}

/** Connection state recovery keeps two minutes of packets in memory, unless told otherwise. */
export const recovery = (options: PeerOptions): Promise<Peer> =>
  socketIo(options, { connectionStateRecovery: { maxDisconnectionDuration: 120_000 } });

/** One node with the adapter that several would share, and a new Redis. */
export async function redisStreams(options: PeerOptions): Promise<Peer> {
  const redis = await startRedis();
  const client = new Redis({ path: redis.socket });
  const peer = await socketIo(options, { adapter: createAdapter(client) });
  return {
    ...peer,
    async close() {
      await peer.close();
      client.disconnect();
      await redis.dispose();
    },
  };
}
