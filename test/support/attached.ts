/** Sessions on a Socket.IO server of the app's own, in the test's process. */

import { createServer, type Server as HttpServer } from 'node:http';
import {
  attachSessions,
  createMemoryStore,
  type SessionServer,
  type SessionServerOptions,
} from '@session-monitor/server';
import { Server, type ServerOptions } from 'socket.io';
import type { Lab } from './lab.js';
import { listen } from './listen.js';
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
  const url = await listen(http);
  lab.defer(async () => {
    await until('the sessions are empty', () =>
      Object.values(sessions.stats()).every((count) => count === 0),
    );
    await sessions.close();
    await io.close();
    await store.close();
  });
  return { url, http, io, sessions };
}
