/** Session Monitor as `npm start` runs it: the whole app, its log lines (discarded), its embedded store and its session trace. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryStore, type Store } from '@session-monitor/server';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import { openRedisStore } from '@session-monitor/server/redis';
import { pino } from 'pino';
import { type AppConfig, createApp } from 'session-monitor';
import { EVENT, type Payload } from '../payload.js';
import { fillWithReplies } from '../replies.js';
import type { Peer, PeerOptions } from './peer.js';
import { type Fsync, startRedis } from './redis-server.js';

export async function sessionMonitor(
  options: PeerOptions,
  kind: 'durable' | 'memory' = 'durable',
): Promise<Peer> {
  const { path, windowMs, isTraced = true } = options;
  if (kind === 'memory') return serve(options, createMemoryStore());
  const folder = path ?? mkdtempSync(join(tmpdir(), 'bench-'));
  const store = await openLmdbStore({
    path: folder,
    ...(windowMs && { commitIntervalMs: windowMs }),
  });
  const trace = isTraced && { directory: join(folder, 'trace') };
  return serve({ ...options, trace }, store, async () => {
    if (path === undefined) rmSync(folder, { recursive: true, force: true });
  });
}

/** One node, with a new Redis unless one is given. */
export async function sessionMonitorOnRedis(options: PeerOptions, fsync: Fsync): Promise<Peer> {
  const own = options.redisSocket === undefined ? await startRedis(fsync) : undefined;
  const socket = options.redisSocket ?? own?.socket ?? '';
  const { windowMs } = options;
  const store = await openRedisStore({
    url: `unix://${socket}`,
    waive: ['appendfsync'],
    ...(windowMs && { commitIntervalMs: windowMs }),
  });
  return serve(options, store, async () => own?.dispose());
}

async function serve(
  { port = 0, windowMs, uncounted, trace }: PeerOptions & { readonly trace?: AppConfig['trace'] },
  store: Store,
  afterwards: () => Promise<void> = async () => {},
): Promise<Peer> {
  store.onFailure(stop);
  const app = await createApp({
    host: '127.0.0.1',
    port,
    mode: 'development',
    store,
    demo: false,
    drainMs: 0,
    ...(uncounted !== undefined && { uncounted }),
    ...(windowMs !== undefined && { settings: { frameWindowMs: windowMs } }),
    ...(trace !== undefined && { trace }),
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
      await afterwards();
    },
  };
}

/** A failed publish makes a measurement void. */
function stop(error: unknown): never {
  console.error(error);
  process.exit(1);
}
