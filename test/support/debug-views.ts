/** Reads what `/debug` shows of sessions, threads and nodes. */

import { expect } from 'vitest';

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
