/** ws alone: the lower bound. One frame for each event, or (`ws-batched`) one for what a turn publishes. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { EVENT, type Payload } from '../payload.js';
import type { Peer, PeerOptions } from './peer.js';

export async function rawWs(batched: boolean, { port = 0 }: PeerOptions): Promise<Peer> {
  const http = createServer();
  const server = new WebSocketServer({ server: http });
  const threads = new Map<string, Set<WebSocket>>();
  server.on('connection', (socket) => {
    socket.on('message', (data) => {
      const [name, argument] = JSON.parse(String(data)) as [string, string];
      if (name !== 'join') return socket.send(JSON.stringify(['pong', argument]));
      const members = threads.get(argument) ?? new Set();
      threads.set(argument, members.add(socket));
      socket.on('close', () => members.delete(socket));
      socket.send('["joined"]');
    });
  });
  http.listen(port, '127.0.0.1');
  await once(http, 'listening');

  const sendEach = (thread: string, events: readonly Payload[]) => {
    for (const event of events) {
      const text = JSON.stringify([EVENT, event]);
      for (const socket of threads.get(thread) ?? []) socket.send(text);
    }
  };
  const sendTogether = (thread: string, events: readonly Payload[]) => {
    const text = JSON.stringify(events.map((event) => [EVENT, event]));
    for (const socket of threads.get(thread) ?? []) socket.send(text);
  };
  return {
    port: (http.address() as AddressInfo).port,
    publish: batched ? sendTogether : sendEach,
    async close() {
      for (const socket of server.clients) socket.terminate();
      server.close();
      http.close();
    },
  };
}
