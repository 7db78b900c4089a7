/** The servers that are asked, each with the routes and a store in memory. */

import { createHandler, type HandlerOptions } from '@session-monitor/http';
import type { Authorize, SessionServer, SessionServerOptions } from '@session-monitor/server';
import { attach } from '../support/attached.js';
import {
  createFragileStore,
  type FragileStore,
  type StoreCondition,
} from '../support/fragile-store.js';
import { heldResponder } from '../support/held-responder.js';
import type { Lab } from '../support/lab.js';
import { createLogger } from '../support/logger.js';
import { newSession } from '../support/records.js';

/** A thread with an event and a title, and a session of it without a connection. */
export const THREAD = 'described';
export const SESSION = 'a-described-session';
export const SECRET = 'a-secret-of-that-session';
export const DEBUG_KEY = 'a-long-key-of-this-test-alone';
/** The user of the token `right`. */
const USER = 'alice';

export interface Stage {
  readonly url: string;
  readonly sessions: SessionServer;
  readonly fragile: FragileStore;
  /** Lets replies go on that stop in their middle. */
  readonly release: () => void;
  /** The routes of the server, as `GET /threads/:thread_id`. */
  readonly routes: readonly { readonly method: string; readonly path: string }[];
}

/** What a token is good for stands in its name. */
const authorizeByToken: Authorize = ({ action, token }) => {
  switch (token) {
    case 'right':
      if (action === 'list') return { all: true };
      return action === 'administer' ? { admin: true, payloads: true } : { user_id: USER };
    case 'expired':
      return { denied: 'expired' };
    case 'forbidden':
      return false;
    case 'outage':
      throw new Error('The identity provider is away');
    default:
      return { denied: 'unauthenticated' };
  }
};

export interface StageOptions {
  readonly condition?: StoreCondition;
  readonly sessions?: Partial<SessionServerOptions>;
  readonly handler?: HandlerOptions;
  /** A parser of the app reads each body before the handler does, and leaves none. */
  readonly isConsumed?: boolean;
}

export async function openStage(lab: Lab, options: StageOptions = {}): Promise<Stage> {
  const { logger } = createLogger();
  const fragile = createFragileStore(options.condition);
  const { responder, release } = heldResponder();
  const { http, url, sessions } = await attach(lab, {
    mode: 'development',
    logger,
    authorize: authorizeByToken,
    allowedHosts: ['127.0.0.1'],
    responder,
    store: fragile.store,
    ...options.sessions,
  });
  // The server ends when its replies have.
  lab.defer(release);
  const handler = createHandler(sessions, {
    demo: true,
    dashboard: { actions: true },
    metrics: true,
    bodyTimeoutMs: 200,
    debug: { key: DEBUG_KEY, payloads: true },
    ...options.handler,
  });
  http.on('request', (request, response) => {
    if (options.isConsumed) request.resume().once('end', () => handler(request, response));
    else handler(request, response);
  });
  if (fragile.condition === 'well') {
    await sessions.publish(THREAD, 'note', 1);
    await sessions.updateThread(THREAD, { title: 'Described' });
    await fragile.store.sessions.put(
      newSession(SESSION, {
        thread_id: THREAD,
        secret: SECRET,
        state: 'disconnected',
        due_at: Date.now() + 600_000,
      }),
      undefined,
    );
  }
  return { url, sessions, fragile, release, routes: handler.routes };
}
