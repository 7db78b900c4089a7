/** The common part of these servers: sessions on the HTTP server, and the handler to mount below /chat. */

import { createHandler } from '@session-monitor/http';
import { attachSessions, createMemoryStore } from '@session-monitor/server';
import { Server } from 'socket.io';

/** Says a word every 100 ms, so that a buffer in between shows. */
async function* responder({ user_input }) {
  for (const n of [1, 2, 3, 4, 5, 6]) {
    yield `${user_input}${n} `;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export function chat(http, { basePath = '/chat', mounts = true } = {}) {
  const io = new Server(http);
  const store = createMemoryStore();
  const sessions = attachSessions(io, {
    store,
    authorize: () => true,
    responder,
    mode: 'development',
  });
  return {
    io,
    sessions,
    handler: mounts ? createHandler(sessions, { basePath, metrics: true }) : undefined,
  };
}

export function listen(http) {
  http.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${http.address().port}`));
}
