/** The list of threads over HTTP. */

import { createDemoResponder, type ThreadSummary, type ThreadsPage } from '@session-monitor/server';
import { jsonPost } from './json.js';
import { until } from './until.js';

export const FAST_RESPONDER = createDemoResponder({ partsPerSecond: 5_000, words: 3 });

/** The body of a post that makes a thread with one reply. */
export const questionTo = (thread_id: string, message_id = 'm') => ({
  thread_id,
  user_input: `What is  a ${thread_id}?`,
  use_websocket: true,
  message_id,
});

export interface JsonAnswer<T = Record<string, unknown>> {
  readonly status: number;
  readonly body: T & { readonly error?: { code: string; message: string; field?: string } };
}

export async function fetchJson<T = Record<string, unknown>>(
  url: string,
  init: RequestInit & { readonly token?: string } = {},
): Promise<JsonAnswer<T>> {
  const { token, headers, ...rest } = init;
  const answer = await fetch(url, {
    ...rest,
    headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? {} : JSON.parse(text) };
}

/** All threads that a caller may see, in pages. */
export async function listThreads(
  url: string,
  { limit = 200, token, query = '' }: { limit?: number; token?: string; query?: string } = {},
): Promise<readonly ThreadSummary[]> {
  const threads: ThreadSummary[] = [];
  for (let cursor = ''; ; ) {
    const address = `${url}/threads?limit=${limit}${cursor}${query}`;
    const { status, body } = await fetchJson<ThreadsPage>(address, { ...(token && { token }) });
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    threads.push(...body.threads);
    if (body.cursor === null) return threads;
    cursor = `&cursor=${encodeURIComponent(body.cursor)}`;
  }
}

export const idsOf = (threads: readonly ThreadSummary[]): readonly string[] =>
  threads.map(({ thread_id }) => thread_id);

export const patchThread = (url: string, thread_id: string, change: unknown, token?: string) =>
  fetchJson<ThreadSummary>(`${url}/threads/${thread_id}`, {
    ...jsonPost(change),
    method: 'PATCH',
    ...(token && { token }),
  });

/** Resolves in a later millisecond. */
export async function nextMillisecond(): Promise<void> {
  const now = Date.now();
  await until('the clock has moved', () => Date.now() > now);
}
