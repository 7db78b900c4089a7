/** All HTTP routes on a server of the test's own, with a path to ask each of them for. */

import { createHandler, type HandlerOptions } from '@session-monitor/http';
import {
  type Authorize,
  createMemoryStore,
  type SessionServerOptions,
} from '@session-monitor/server';
import { attach } from './attached.js';
import type { Lab } from './lab.js';
import { createLogger } from './logger.js';
import { newSession } from './records.js';

export const THREAD = 'routes';
/** A session without a connection, of another thread. */
const SESSION = 'a-session-of-the-routes';

interface RoutedPath {
  readonly method: string;
  readonly path: string;
}

const permitAll: Authorize = ({ action }) => {
  if (action === 'administer') return { admin: true, payloads: true };
  return action === 'list' ? { all: true } : true;
};

/** The thread of the paths has an event and a title, and their session is in the store. */
export async function serveAllRoutes(
  lab: Lab,
  options: Partial<SessionServerOptions> = {},
  handlerOptions: HandlerOptions = {},
) {
  const { logger } = createLogger();
  const store = options.store ?? createMemoryStore();
  const own = { authorize: permitAll, mode: 'development', logger } as const;
  const attached = await attach(lab, { ...own, ...options, store });
  const { http, sessions } = attached;
  await store.sessions.put(
    newSession(SESSION, { state: 'disconnected', due_at: Date.now() + 600_000 }),
    undefined,
  );
  const handler = createHandler(sessions, {
    demo: true,
    dashboard: { actions: true },
    debug: { payloads: true },
    metrics: true,
    ...handlerOptions,
  });
  http.on('request', handler);
  await sessions.publish(THREAD, 'note', 1);
  await sessions.updateThread(THREAD, { title: 'Routes' });
  const routes = handler.routes.map(({ method, path }): RoutedPath => {
    const named = path
      .replace(':thread_id', THREAD)
      .replace(':session_id', SESSION)
      .replace(':user_id', 'alice')
      .replace(':run_id', 'none');
    const query = path === '/debug/thread-sessions' ? `?thread_id=${THREAD}` : '';
    return { method, path: named + query };
  });
  return { ...attached, routes, patterns: handler.routes };
}
