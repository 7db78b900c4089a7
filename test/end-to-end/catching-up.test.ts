/** Readers that are far behind take turns, over HTTP and on sockets, and get everything. */

import { expect } from 'vitest';
import { EVENT } from '../support/client.js';
import { test } from '../support/lab.js';
import { range, times, until } from '../support/until.js';

const THREAD = 'long';
const EVENTS = 1_500;
const TEXT = 'x'.repeat(1_000);

test('readers that are far behind wait for their turns, and a live reader does not', async (lab) => {
  // One frame at a time.
  const app = await lab.app({ settings: { limits: { catchUpMs: 0 } } });
  const { sessions } = app;
  await Promise.all(range(1, EVENTS).map((n) => sessions.publish(THREAD, EVENT, { n, TEXT })));
  const { hits, turns } = sessions.internals;

  const late = times(3, () => lab.client(app.url, { thread_id: THREAD }));
  let text = '';
  const streamed = fetch(`${app.url}/threads/${THREAD}/events`, {
    headers: { accept: 'text/event-stream' },
  }).then(async ({ body }) => {
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    lab.defer(() => reader?.cancel());
    while (!text.includes(`"n":${EVENTS},`)) text += (await reader?.read())?.value ?? '';
  });
  const live = lab.client(app.url, { thread_id: 'live' });
  await until('live', () => live.monitor.status.state === 'live');
  await sessions.publish('live', EVENT, { n: 1 });
  await until('the live reader has its event', () => live.seen.length === 1);

  await streamed;
  await until('all have caught up', () => late.every(({ seen }) => seen.length === EVENTS));
  for (const { seen } of late) expect(seen).toEqual(range(1, EVENTS));
  expect(hits.of('catchUpMs')).toBeGreaterThan(0);
  expect(turns.waiting).toBe(0);
});
