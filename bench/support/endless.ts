/** Replies that go on until they are cancelled, and a store with much in it: for what looks at all of that. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Producer, SessionServer, Store } from '@session-monitor/server';
import { newSession } from '../../test/support/records.js';
import { EVENT, payload } from './payload.js';

/** Writes to a store that are under way at a time. */
const AT_A_TIME = 500;
const TTL_MS = 3_600_000;

/** Sessions without a connection, and threads of one event. */
export async function fillStore(
  store: Store,
  sessions: number,
  threads: readonly string[],
): Promise<void> {
  const due_at = Date.now() + TTL_MS;
  await inParts(
    Array.from({ length: sessions }, (_, index) => `away-${String(index).padStart(15, '0')}`),
    (id, index) => {
      const fields = { thread_id: `away-${index}`, state: 'disconnected', due_at } as const;
      return store.sessions.put(newSession(id, fields), undefined);
    },
  );
  const event = JSON.stringify([EVENT, payload(1)]);
  await inParts(threads, async (thread) => {
    await store.logs.open(thread);
    await store.logs.append(thread, [event]);
  });
}

/** Produces a reply on each thread. Resolves with what ends them. */
export async function replyOnAndOn(
  sessions: SessionServer,
  threads: readonly string[],
  perSecond: number,
): Promise<() => Promise<void>> {
  const producer = endless(perSecond);
  const runs = await Promise.all(
    threads.map((thread) => sessions.run(thread, { message: 'On and on?' }, producer)),
  );
  return async () => {
    await Promise.all(runs.map((run) => run.cancel()));
  };
}

/** Words that are numbered, as the load expects them. */
const endless = (perSecond: number): Producer =>
  async function* words({ signal }) {
    for (let n = 1; ; n += 1) {
      await sleep(1_000 / perSecond, undefined, { signal });
      yield { type: 'message', ...payload(n) };
    }
  };

async function inParts<T>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<unknown>,
): Promise<void> {
  for (let begin = 0; begin < items.length; begin += AT_A_TIME) {
    const part = items.slice(begin, begin + AT_A_TIME);
    await Promise.all(part.map((item, index) => work(item, begin + index)));
  }
}
