/** All HTTP routes on a server of the test's own, with a path to ask each of them for. */

import { createHandler, type HandlerOptions } from '@session-monitor/http';
import type { Authorize, SessionServerOptions } from '@session-monitor/server';
import { attach } from './attached.js';
import type { Lab } from './lab.js';
import { createLogger } from './logger.js';

export const THREAD = 'routes';

interface RoutedPath {
  readonly method: string;
  readonly path: string;
}

const permitAll: Authorize = ({ action }) => (action === 'list' ? { all: true } : true);

/** The thread of the paths has an event and a title. */
export async function serveAllRoutes(
  lab: Lab,
  options: Partial<SessionServerOptions> = {},
  handlerOptions: HandlerOptions = {},
) {
  const { logger } = createLogger();
  const own = { authorize: permitAll, mode: 'development', logger } as const;
  const attached = await attach(lab, { ...own, ...options });
  const { http, sessions } = attached;
  const handler = createHandler(sessions, { demo: true, ...handlerOptions });
  http.on('request', handler);
  await sessions.publish(THREAD, 'note', 1);
  await sessions.updateThread(THREAD, { title: 'Routes' });
  const routes = handler.routes.map(({ method, path }): RoutedPath => {
    const named = path.replace(':thread_id', THREAD).replace(':run_id', 'none');
    const query = path === '/debug/thread-sessions' ? `?thread_id=${THREAD}` : '';
    return { method, path: named + query };
  });
  return { ...attached, routes, patterns: handler.routes };
}
