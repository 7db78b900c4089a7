/** A thread as the server has it. The test, not the page, posts to it and reads it over HTTP. */

import { expect } from 'vitest';
import { postMessage } from '../support/json.js';

interface LogPage {
  readonly cursor: string;
  readonly more: boolean;
  readonly events: readonly LoggedEvent[];
}

/** A reply that has ended is read in few events, each for a compacted range. */
export interface LoggedEvent {
  readonly offset: number;
  readonly event: string;
  readonly data: { readonly delta?: string };
}

/** Resolves as soon as the server has the question; the reply comes with the thread's events. */
export async function ask(url: string, thread_id: string, user_input: string): Promise<void> {
  const response = await postMessage(url, thread_id, user_input);
  expect(response.status).toBe(200);
  await response.body?.cancel();
}

export async function readLog(url: string, thread_id: string): Promise<readonly LoggedEvent[]> {
  const log: LoggedEvent[] = [];
  for (let since = 'start'; ; ) {
    const query = new URLSearchParams({ limit: '1000', since });
    const response = await fetch(`${url}/threads/${thread_id}/events?${query}`, {
      headers: { accept: 'application/json' },
    });
    const { events, more, cursor } = (await response.json()) as LogPage;
    log.push(...events);
    if (!more) return log;
    since = cursor;
  }
}

/** The text of all replies of the thread. */
export const textOf = (log: readonly LoggedEvent[]): string =>
  log.map(({ event, data }) => (event === 'message' ? (data.delta ?? '') : '')).join('');

export const hasEnded = (log: readonly LoggedEvent[]): boolean =>
  log.at(-1)?.event === 'run_finished';
