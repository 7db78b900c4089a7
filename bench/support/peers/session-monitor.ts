/** Session Monitor as `npm start` runs it: the whole app, its log lines (discarded), its embedded store and its session trace. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import {
  createMemoryStore,
  type Responder,
  type Store,
  type Tracing,
} from '@session-monitor/server';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import { openTelemetry } from '@session-monitor/server/opentelemetry';
import { openRedisStore } from '@session-monitor/server/redis';
import { pino } from 'pino';
import { type AppConfig, createApp } from 'session-monitor';
import { fillStore, replyOnAndOn } from '../endless.js';
import { EVENT, type Payload, payload } from '../payload.js';
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
  options: PeerOptions & { readonly trace?: AppConfig['trace'] },
  store: Store,
  afterwards: () => Promise<void> = async () => {},
): Promise<Peer> {
  const { port = 0, windowMs, uncounted, trace, sampled } = options;
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
    ...(sampled !== undefined && { tracing: sampled !== 'off' && tracingOf(sampled) }),
    responder: numbered(),
    logger: pino({ level: 'info' }, pino.destination('/dev/null')),
  });
  const url = await app.listen();
  const { sessions } = app;
  return {
    port: Number(new URL(url).port),
    publish(thread: string, events: readonly Payload[]) {
      for (const event of events) sessions.publish(thread, EVENT, event).catch(stop);
    },
    async reply(thread) {
      const run = await sessions.sendMessage(thread, 'Why?');
      return run.result();
    },
    publishSafely: (thread, event) => sessions.publish(thread, EVENT, event),
    replies: (thread, options) => fillWithReplies(store.logs, thread, options),
    fillStore: (count, threads) => fillStore(store, count, threads),
    replyOnAndOn: (threads, perSecond) => replyOnAndOn(sessions, threads, perSecond),
    async close() {
      await app.close();
      await afterwards();
    },
  };
}

/** Replies of so many words, each one part. */
const WORDS_OF_A_REPLY = 20;

/** A responder whose words are numbered, as the load expects them. */
function numbered(): Responder {
  const numbers = new Map<string, number>();
  return async function* ({ thread_id }) {
    for (let word = 0; word < WORDS_OF_A_REPLY; word += 1) {
      const n = (numbers.get(thread_id) ?? 0) + 1;
      numbers.set(thread_id, n);
      yield { type: 'message', ...payload(n) };
    }
  };
}

/** Spans are kept and exported in batches, to nowhere. */
function tracingOf(sampled: number): Tracing | undefined {
  const exporter: SpanExporter = {
    export: (_spans, done) => done({ code: 0 }),
    shutdown: async () => {},
  };
  const tracerProvider = new BasicTracerProvider({
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampled) }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return openTelemetry({ tracerProvider });
}

/** A failed publish makes a measurement void. */
function stop(error: unknown): never {
  console.error(error);
  process.exit(1);
}
