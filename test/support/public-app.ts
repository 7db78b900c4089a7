/** A server for strangers, whose limits count this machine, too. */

import { createMemoryStore } from '@session-monitor/server';
import type { AppConfig } from 'session-monitor';
import type { Lab } from './lab.js';
import { hitsIn } from './logger.js';

/** Outside development a store has to be durable, and a memory need not survive these tests. */
const durableStore = () => Object.assign(createMemoryStore(), { durable: true });

export async function publicApp(lab: Lab, limits: object, more: Partial<AppConfig> = {}) {
  const { app, url, lines } = await lab.loggedApp({
    mode: 'production',
    store: durableStore(),
    authorize: () => true,
    // A peer that joins nothing is closed after five seconds; a test does not wait that long.
    socketIo: { connectTimeout: 300 },
    // A machine that is busy with other tests is late, too.
    settings: { limits: { loopDelayMs: Number.POSITIVE_INFINITY, ...limits } },
    ...more,
  });
  const hits = () => hitsIn(lines);
  const connections = () => app.io.engine.clientsCount;
  return { app, url, hits, connections, lines };
}
