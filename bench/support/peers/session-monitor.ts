/** Session Monitor as `npm start` runs it: the whole app, its log lines (to nowhere), its embedded store. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp, createMemoryStore } from '@session-monitor/server';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import { pino } from 'pino';
import { EVENT, type Payload } from '../payload.js';
import { fillWithReplies } from '../replies.js';
import type { Peer, PeerOptions } from './peer.js';

export async function sessionMonitor(
  { port = 0, path, windowMs }: PeerOptions,
  kind: 'durable' | 'memory' = 'durable',
): Promise<Peer> {
  const folder = path ?? mkdtempSync(join(tmpdir(), 'bench-'));
  const store =
    kind === 'durable'
      ? await openLmdbStore({ path: folder, ...(windowMs && { commitGapMs: windowMs }) })
      : createMemoryStore();
  store.onFailure(stop);
  const app = await createApp({
    host: '127.0.0.1',
    port,
    mode: 'development',
    store,
    demo: false,
    drainMs: 0,
    ...(windowMs !== undefined && { settings: { frameWindowMs: windowMs } }),
    logger: pino({ level: 'info' }, pino.destination('/dev/null')),
  });
  const url = await app.listen();
  const { sessions } = app;
  return {
    port: Number(new URL(url).port),
    publish(thread: string, events: readonly Payload[]) {
      for (const event of events) sessions.publish(thread, EVENT, event).catch(stop);
    },
    publishSafely: (thread, event) => sessions.publish(thread, EVENT, event),
    replies: (thread, options) => fillWithReplies(store.logs, thread, options),
    async close() {
      await app.close();
      if (path === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A benchmark in which a publish fails has measured nothing. */
function stop(error: unknown): never {
  console.error(error);
  process.exit(1);
}
