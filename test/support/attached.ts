/** Sessions on a Socket.IO server of the app's own, in the test's process. */

import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  attachSessions,
  createMemoryStore,
  type SessionServer,
  type SessionServerOptions,
} from '@session-monitor/server';
import { Server, type ServerOptions } from 'socket.io';
import type { Lab } from './lab.js';
import { until } from './until.js';

interface Attached {
  readonly url: string;
  readonly http: HttpServer;
  readonly io: Server;
  readonly sessions: SessionServer;
}

/** Its end waits until the sessions are empty. */
export async function attach(
  lab: Lab,
  options: Partial<SessionServerOptions> = {},
  ioOptions: Partial<ServerOptions> = {},
  namespace = '/',
): Promise<Attached> {
  const http = createServer();
  const io = new Server(http, { pingInterval: 1_000, pingTimeout: 1_000, ...ioOptions });
  const store = createMemoryStore();
  const target = namespace === '/' ? io : io.of(namespace);
  const sessions = attachSessions(target, { store, authorize: () => true, ...options });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  lab.defer(async () => {
    await until('the sessions are empty', () =>
      Object.values(sessions.stats()).every((count) => count === 0),
    );
    await sessions.close();
    await io.close();
    await store.close();
  });
  const { port } = http.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, http, io, sessions };
}
