/** Reading a thread that is not there: it creates nothing, and a stream waits for the thread. */

import { SessionMonitor } from '@session-monitor/client';
import { overSse } from '@session-monitor/client/sse';
import { expect } from 'vitest';
import type { TestApp } from '../support/app.js';
import { EventReader } from '../support/event-reader.js';
import { refusalOf } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';
import { range, until } from '../support/until.js';

const THREAD = 'not-yet';
const FORGOTTEN = 'gone.7.tag';

const route = (app: TestApp, query = '') => `${app.url}/threads/${THREAD}/events${query}`;
const stored = ({ sessions }: TestApp) => sessions.internals.store.logs.threads('', 10);

function follow(lab: Lab, url: string, headers = {}): EventReader {
  const reader = new EventReader(url, headers);
  lab.defer(() => reader.cut());
  reader.connect();
  return reader;
}

test.for([
  ['', undefined],
  ['?since=now', undefined],
  ['?since=5', 'cursor_ahead'],
  [`?since=${FORGOTTEN}`, 'epoch_changed'],
])(
  'a page of an absent thread is empty and begins at the start: %s',
  async ([query, reason], lab) => {
    const app = await lab.app();
    const response = await fetch(route(app, query), { headers: { accept: 'application/json' } });
    const page = (await response.json()) as { readonly cursor: string };
    const nothing = { thread_id: THREAD, epoch: '', head: 0, cursor: 'start', more: false };
    const reset = reason === undefined ? {} : { reset: { reason, from: 1 } };
    expect([response.status, page]).toEqual([200, { ...nothing, ...reset, events: [] }]);
    expect(await stored(app)).toEqual([]);
    // The cursor of the page goes on from there.
    await app.sessions.publish(THREAD, 'note', 1);
    const next = await fetch(route(app, `?since=${page.cursor}`), {
      headers: { accept: 'application/json' },
    });
    expect(await next.json()).toMatchObject({ head: 1, events: [{ offset: 1, data: 1 }] });
  },
);

test('a stream of an absent thread waits, whatever it asks for, and misses nothing', async (lab) => {
  const app = await lab.app({ settings: { pingIntervalMs: 100 } });
  const readers = ['', '?since=start', '?since=now'].map((query) => follow(lab, route(app, query)));
  const returned = follow(lab, route(app), { 'last-event-id': FORGOTTEN });
  const all = [...readers, returned];
  // Proxies cut a stream that is silent.
  await until('they wait', () => all.every(({ raw }) => raw.includes('still here')));
  expect([await stored(app), app.sessions.stats().threads]).toEqual([[], 0]);
  for (const n of range(1, 20)) await app.sessions.publish(THREAD, 'note', n);
  await until('all has come', () => all.every(({ events }) => events.length === 20));
  for (const { events } of all) expect(events.map(({ data }) => data)).toEqual(range(1, 20));
  expect(readers.map(({ announced }) => announced)).toEqual([[], [], []]);
  expect(returned.announced).toEqual([['reset', { reason: 'epoch_changed', from: 1 }]]);
});

test('a stream that waits ends with its reader, and with its right', async (lab) => {
  const app = await lab.app();
  const [leaving, revoked] = [follow(lab, route(app)), follow(lab, route(app))];
  const { streams } = app.sessions.internals;
  await until('both wait', () => streams.size === 2);
  leaving.cut();
  await until('one has left', () => streams.size === 1);
  await app.sessions.revokeThread(THREAD);
  await until('the other one has ended', () => !revoked.connected && streams.size === 0);
  expect(await stored(app)).toEqual([]);
});

test('frames of an absent thread are refused until a monitor creates it', async (lab) => {
  const app = await lab.app();
  const refused = await fetch(route(app, '?as=frames'));
  expect(await refusalOf(refused)).toEqual([404, 'thread_unknown']);
  expect(await stored(app)).toEqual([]);

  const socket = overSse(app.url);
  const monitor = new SessionMonitor(socket, { thread_id: THREAD, storage: null });
  lab.defer(() => {
    monitor.stop();
    socket.disconnect();
  });
  monitor.start();
  await until('it is live', () => monitor.status.state === 'live');
  expect(await stored(app)).toEqual([THREAD]);
  // A second time changes nothing.
  const before = await app.sessions.internals.store.logs.head(THREAD);
  const again = await fetch(`${app.url}/threads/${THREAD}`, { method: 'PUT' });
  expect(again.status).toBe(204);
  expect(await app.sessions.internals.store.logs.head(THREAD)).toEqual(before);
});

test('a thread is created only by those that may follow it', async (lab) => {
  const app = await lab.app({ authorize: ({ action }) => action === 'read' });
  const refused = await fetch(`${app.url}/threads/${THREAD}`, { method: 'PUT' });
  expect([refused.status, await stored(app)]).toEqual([403, []]);
});
