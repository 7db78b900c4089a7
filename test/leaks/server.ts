/** The server, in a separate process: all its timeouts are short, and it reports what it holds. */

import { createDemoResponder } from '@session-monitor/server';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import { createApp } from 'session-monitor';
import { answerWith } from '../support/answer.mjs';
import { measure } from './measure.js';

const TTL_MS = 300;
/** Events must be kept until their reader has them. */
const EVENTS_MS = 3_000;

const [, , path = '', leak] = process.argv;
/** Holds the deliberate leak. */
const kept: unknown[] = [];
const store = await openLmdbStore({ path });
const app = await createApp({
  host: '127.0.0.1',
  port: 0,
  mode: 'development',
  store,
  drainMs: 0,
  responder: createDemoResponder({ partsPerSecond: 1_000, words: 8, exact: true }),
  settings: {
    pingIntervalMs: 1_000,
    sessionTtlMs: TTL_MS,
    tombstoneTtlMs: TTL_MS,
    sweepIntervalMs: 50,
    retention: { maxAgeMs: EVENTS_MS },
  },
  // The server soon notices a client that leaves without a goodbye.
  socketIo: { pingInterval: 1_000, pingTimeout: 1_000 },
});

const url = await app.listen();

const handlers = {
  url: () => url,
  measure,

  /** All counters; each is zero when all clients have left and all timeouts have passed. */
  async holdings() {
    const { connected, disconnected, expired } = await store.sessions.counts();
    return {
      ...app.sessions.stats(),
      sockets: app.io.sockets.sockets.size,
      clients: app.io.engine.clientsCount,
      sessionRecords: connected + disconnected + expired,
      threadRecords: (await store.logs.threads('', 1)).length,
      openRuns: (await store.runs.open()).length,
    };
  },

  async publish({ thread_id, n }: { readonly thread_id: string; readonly n: number }) {
    if (leak && n === 1) kept.push(new Array(2_048).fill(thread_id));
    await app.sessions.publish(thread_id, 'word', { n });
  },
};

export type LeakHandlers = typeof handlers;

answerWith(handlers);
