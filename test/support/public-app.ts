/** A server for strangers, whose limits count this machine, too. */

import { createMemoryStore } from '@session-monitor/server';
import type { AppConfig } from 'session-monitor';
import type { Lab } from './lab.js';
import { createLogger } from './logger.js';

/** Outside development a store has to be durable, and a memory need not survive these tests. */
const durableStore = () => Object.assign(createMemoryStore(), { durable: true });

export async function publicApp(lab: Lab, limits: object, more: Partial<AppConfig> = {}) {
  const { logger, lines } = createLogger();
  const app = await lab.app({
    mode: 'production',
    store: durableStore(),
    authorize: () => true,
    // A peer that joins nothing is closed after five seconds; a test does not wait that long.
    socketIo: { connectTimeout: 300 },
    // A machine that is busy with other tests is late, too.
    settings: { limits: { loopDelayMs: Number.POSITIVE_INFINITY, ...limits } },
    logger,
    ...more,
  });
  /** The limits that were hit, each once a minute. */
  const hits = () => lines.flatMap(({ limit }) => (limit === undefined ? [] : [limit]));
  const connections = () => app.io.engine.clientsCount;
  return { app, url: app.url, hits, connections, lines };
}
