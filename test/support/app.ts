/** A server in the test's own process, on a free port. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDemoResponder, createMemoryStore } from '@session-monitor/server';
import { type App, type AppConfig, createApp } from 'session-monitor';
import { EVENT } from './client.js';
import { range, until } from './until.js';

export interface TestApp extends App {
  readonly url: string;
}

/** As by default: a dead connection counts as connected for 45 s. */
export const PATIENT = { pingInterval: 25_000, pingTimeout: 20_000 } as const;

export async function startApp(config: Partial<AppConfig> = {}): Promise<TestApp> {
  const app = await createApp({
    host: '127.0.0.1',
    port: 0,
    mode: 'development',
    store: createMemoryStore(),
    responder: createDemoResponder({ partsPerSecond: 1_000, words: 20, exact: true }),
    drainMs: 0,
    // A polling client that vanishes between two polls counts as connected until Engine.IO closes it,
    // by default after 45 s. That is too long for a test.
    socketIo: { pingInterval: 1_000, pingTimeout: 1_000 },
    ...config,
  });
  const url = await app.listen();
  return { ...app, url };
}

/** Publishes the numbers from one to another, each as the app event of the tests. */
export async function publish(
  { sessions }: Pick<App, 'sessions'>,
  thread_id: string,
  from: number,
  to: number,
): Promise<void> {
  for (const n of range(from, to)) await sessions.publish(thread_id, EVENT, { n });
}

/** Waits until the server is empty, which shows that nothing leaked (I12). */
export async function expectEmpty(app: App): Promise<void> {
  const empty = { connections: 0, sessions: 0, threads: 0, runs: 0 };
  await until(
    'the server is empty',
    () => JSON.stringify(app.sessions.stats()) === JSON.stringify(empty),
    { state: () => app.sessions.stats() },
  );
}

export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'session-monitor-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
