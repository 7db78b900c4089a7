/** Reads what `/debug` shows of sessions, threads and nodes. */

import type { Store } from '@session-monitor/server';
import { expect } from 'vitest';
import type { Lab } from './lab.js';
import { newSession } from './records.js';
import { until } from './until.js';

/** The thread that two of the three sessions follow. */
export const WATCHED = 'alice:watched';

/** A session as `/debug/sessions` shows it; tests look into some of its fields. */
export interface ShownSession {
  readonly session_id: string;
  readonly thread_id: string;
  readonly user_id: string | null;
  readonly status: string;
  readonly transport: string;
  readonly node: string;
  readonly offset: number;
  readonly lag: number;
  readonly remote_address: string | null;
  readonly acknowledged_age_ms: number | null;
  readonly oldest_unacknowledged_ms: number;
  readonly delivered_per_s: number;
  readonly client_info: object | null;
}

export interface ShownPage {
  readonly sessions: readonly ShownSession[];
  readonly next: string | null;
  readonly unreachable: readonly string[];
}

/** @param path below `/debug/` */
export async function readDebug<T>(
  url: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<T> {
  const response = await fetch(`${url}/debug/${path}`, { headers });
  const answer = await response.json();
  expect([path, response.status, response.status === 200 ? '' : answer]).toEqual([path, 200, '']);
  return answer as T;
}

/** @param query filters, `after`, `limit` */
export const findSessions = (url: string, query = ''): Promise<ShownPage> =>
  readDebug(url, `sessions?${query}`);

/** All pages of so many sessions at most. */
export async function findAllSessions(
  url: string,
  limit: number,
  query = '',
): Promise<readonly ShownSession[]> {
  const found: ShownSession[] = [];
  for (let after = ''; ; ) {
    const page = await findSessions(url, `${query}&limit=${limit}&after=${after}`);
    expect(page.sessions.length).toBeLessThanOrEqual(limit);
    found.push(...page.sessions);
    if (page.next === null) return found;
    after = page.next;
  }
}

/** A server that follows three sessions: of alice over an upgraded connection, of bob over polling, of a v1 client. */
export async function threeSessions(lab: Lab, config: Parameters<Lab['app']>[0] = {}) {
  const app = await lab.app({ node: 'this-node', ...config });
  const alice = await lab.liveClient(app.url, { thread_id: WATCHED, user_id: 'alice' });
  const bob = await lab.liveClient(app.url, {
    thread_id: 'bob:own',
    user_id: 'bob',
    transport: 'polling',
  });
  const old = await lab.registeredV1Client(app.url, WATCHED, 'websocket');
  const ids = {
    alice: `${alice.receipts[0]?.session_id}`,
    bob: `${bob.receipts[0]?.session_id}`,
    old: `${old.socket.id}`,
  };
  await until('alice is upgraded', () => alice.socket.io.engine.transport.name === 'websocket');
  await until('the server knows', async () => {
    const { sessions } = await findSessions(app.url, 'transport=polling');
    return sessions.length === 1;
  });
  return { app, alice, bob, old, ids };
}

/** Creates sessions of the thread `t` without a connection, of ten users. */
export async function putAway(store: Store, ids: readonly string[]): Promise<void> {
  for (const [index, session_id] of ids.entries()) {
    const away = { state: 'disconnected', due_at: Date.now() + 600_000 } as const;
    const record = newSession(session_id, { user_id: `user-${index % 10}`, ...away });
    await store.sessions.put(record, undefined);
  }
}
