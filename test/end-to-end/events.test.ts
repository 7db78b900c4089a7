import type { Socket } from 'node:net';
import { type Authorize, createMemoryStore } from '@session-monitor/server';
import { describe, expect } from 'vitest';
import { EventReader } from '../support/event-reader.js';
import { refusalOf } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';
import { postJson } from '../support/run-reader.js';
import { range, times, until } from '../support/until.js';

const THREAD = 'events';
const route = (url: string, thread = THREAD) => `${url}/threads/${thread}/events`;

interface Page {
  readonly epoch: string;
  readonly head: number;
  readonly cursor: string;
  readonly more: boolean;
  readonly gap?: object;
  readonly reset?: object;
  readonly events: readonly { offset: number; event: string; data: unknown }[];
}

async function page(url: string, query = ''): Promise<Page> {
  const response = await fetch(`${route(url)}${query}`, {
    headers: { accept: 'application/json' },
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('application/json');
  return (await response.json()) as Page;
}

function follow(lab: Lab, url: string, query = '', headers = {}): EventReader {
  const reader = new EventReader(`${route(url)}${query}`, headers);
  lab.defer(() => reader.cut());
  reader.connect();
  return reader;
}

describe('a thread, followed over HTTP', () => {
  test('delivers past and new events, with the cursors of the sockets', async (lab) => {
    const app = await lab.app();
    const client = lab.client(app.url, { thread_id: THREAD });
    for (const n of range(1, 3)) await app.sessions.publish(THREAD, 'note', { n, text: '“é”\n' });
    const reader = follow(lab, app.url);
    await until('what was is here', () => reader.events.length === 3);
    await app.sessions.publish(THREAD, 'other', [null, 1.5]);
    await until('what comes is here', () => reader.events.length === 4);
    expect(reader.status).toBe(200);
    expect(reader.events).toEqual([
      ...range(1, 3).map((n) => ({ offset: n, event: 'note', data: { n, text: '“é”\n' } })),
      { offset: 4, event: 'other', data: [null, 1.5] },
    ]);
    await until('the socket has it, too', () => client.monitor.status.offset === 4);
    expect(reader.received.at(-1)?.id).toBe(client.monitor.checkpoint());
    expect(reader.announced).toEqual([]);
  });

  test('delivers each event exactly once and in order, over a connection that is cut again and again', async (lab) => {
    const app = await lab.app();
    const reader = follow(lab, app.url);
    for (const round of range(0, 39)) {
      const seen = reader.received.length;
      const some = range(1, 15).map((n) => app.sessions.publish(THREAD, 'note', round * 15 + n));
      await until('something came', () => reader.received.length > seen);
      reader.cut();
      reader.connect();
      await Promise.all(some);
    }
    await until('all has come', () => reader.events.length >= 600);
    expect(reader.events.map(({ offset }) => offset)).toEqual(range(1, 600));
    expect(reader.events.map(({ data }) => data)).toEqual(range(1, 600));
    expect(reader.announced).toEqual([]);
  });

  test('begins at the requested position', async (lab) => {
    const app = await lab.app();
    for (const n of range(1, 5)) await app.sessions.publish(THREAD, 'note', n);
    const { cursor } = await page(app.url, '?limit=2');
    const readers = ['start', 'now', '3', cursor].map((since) =>
      follow(lab, app.url, `?since=${since}`),
    );
    // A browser reconnects to the same address. Its Last-Event-ID wins over `since`.
    const returned = follow(lab, app.url, '?since=start', { 'last-event-id': cursor });
    await until('all are there', () => [...readers, returned].every(({ connected }) => connected));
    await app.sessions.publish(THREAD, 'note', 6);
    const all = [...readers, returned];
    await until('all are at the end', () => all.every(({ events }) => events.at(-1)?.data === 6));
    expect(all.map(({ events }) => events[0]?.offset)).toEqual([1, 6, 4, 3, 3]);
  });

  test('costs nothing when it is not read, and goes on where it was', async (lab) => {
    const app = await lab.app();
    const sockets: Socket[] = [];
    app.io.httpServer.on('connection', (socket: Socket) => sockets.push(socket));
    const reader = follow(lab, app.url);
    await until('it is there', () => reader.connected);
    reader.pause();
    const text = 'x'.repeat(10_000);
    let buffered = 0;
    for (const n of range(1, 2_000)) {
      await app.sessions.publish(THREAD, 'note', { n, text });
      buffered = Math.max(buffered, ...sockets.map(({ writableLength }) => writableLength));
    }
    expect(buffered).toBeLessThan(512 * 1024);
    expect(reader.events.length).toBeLessThan(1_900);
    reader.resume();
    await until('it has all', () => reader.events.length === 2_000);
    expect(reader.events.map(({ offset }) => offset)).toEqual(range(1, 2_000));
  });

  test('sends heartbeats', async (lab) => {
    const app = await lab.app({ settings: { pingIntervalMs: 10 } });
    const reader = follow(lab, app.url);
    await until('twice', () => reader.raw.startsWith(': still here\n\n: still here\n\n'));
    await app.sessions.publish(THREAD, 'note', 1);
    await until('and it goes on', () => reader.events.length === 1);
  });

  test('announces a gap to a reader behind it, and a reset to every reader', async (lab) => {
    const store = createMemoryStore();
    const app = await lab.app({ store, settings: { retention: {} } });
    for (const n of range(1, 10)) await app.sessions.publish(THREAD, 'note', n);
    const away = follow(lab, app.url);
    const present = follow(lab, app.url);
    await until('both have all', () => [away, present].every(({ events }) => events.length === 10));
    away.cut();
    for (const n of range(11, 30)) await app.sessions.publish(THREAD, 'note', n);
    await store.logs.trim(THREAD, { maxEvents: 5 }, 1_000);
    away.connect();
    await until('it has what is kept', () => away.events.length === 15);
    expect(away.announced).toEqual([['gap', { from: 11, to: 25, reason: 'trimmed' }]]);
    expect(away.events.slice(10).map(({ offset }) => offset)).toEqual(range(26, 30));

    away.cut();
    await app.sessions.deleteThread(THREAD);
    await app.sessions.publish(THREAD, 'note', 'new');
    away.connect();
    for (const reader of [away, present]) {
      await until('it has the new history', () => reader.events.at(-1)?.data === 'new');
      expect(reader.announced.at(-1)).toEqual(['reset', { reason: 'deleted', from: 1 }]);
      expect(reader.events.at(-1)?.offset).toBe(1);
    }
  });

  test('resets a reader whose cursor is invalid', async (lab) => {
    const app = await lab.app();
    await app.sessions.publish(THREAD, 'note', 1);
    const readers = [
      follow(lab, app.url, '?since=nonsense.9.nonsense'),
      follow(lab, app.url, '', { 'last-event-id': 'malformed' }),
      follow(lab, app.url, '?since=99'),
    ];
    await until('all are reset', () => readers.every(({ events }) => events.length === 1));
    expect(readers.map(({ announced }) => announced)).toEqual([
      [['reset', { reason: 'epoch_changed', from: 1 }]],
      [['reset', { reason: 'epoch_changed', from: 1 }]],
      [['reset', { reason: 'cursor_ahead', from: 1 }]],
    ]);
  });
});

describe('a thread, read in pages', () => {
  test('is the whole log, page by page, and goes on from the last cursor', async (lab) => {
    const app = await lab.app();
    expect(await page(app.url)).toMatchObject({ head: 0, more: false, events: [] });
    for (const n of range(1, 23)) await app.sessions.publish(THREAD, 'note', { n });
    const seen: unknown[] = [];
    let cursor = '';
    let pages = 0;
    for (let more = true; more; pages += 1) {
      const next = await page(app.url, `?limit=7${cursor && `&since=${cursor}`}`);
      seen.push(...next.events);
      ({ cursor, more } = next);
      expect(next.head).toBe(23);
    }
    expect(pages).toBe(4);
    expect(seen).toEqual(range(1, 23).map((n) => ({ offset: n, event: 'note', data: { n } })));
    expect(await page(app.url, `?since=${cursor}`)).toMatchObject({ cursor, events: [] });
    await app.sessions.publish(THREAD, 'note', 'more');
    expect((await page(app.url, `?since=${cursor}`)).events).toMatchObject([{ data: 'more' }]);
  });

  test('announces gaps and resets', async (lab) => {
    const store = createMemoryStore();
    const app = await lab.app({ store, settings: { retention: {} } });
    for (const n of range(1, 10)) await app.sessions.publish(THREAD, 'note', n);
    const { cursor } = await page(app.url, '?limit=2');
    await store.logs.trim(THREAD, { maxEvents: 5 }, 1_000);
    const behind = await page(app.url, `?since=${cursor}`);
    expect(behind.gap).toEqual({ from: 3, to: 5, reason: 'trimmed' });
    expect(behind.events[0]?.offset).toBe(6);
    await app.sessions.deleteThread(THREAD);
    const erased = await page(app.url, `?since=${cursor}`);
    expect(erased).toMatchObject({ events: [], head: 0, reset: { reason: 'deleted', from: 1 } });
    expect((await page(app.url, `?since=${erased.cursor}`)).reset).toBeUndefined();
  });
});

describe('an event that is posted', () => {
  const post = (url: string, body: object, headers: Record<string, string> = {}) =>
    postJson(route(url), body, { headers });

  test('is published once under its message id, and reaches every client', async (lab) => {
    const app = await lab.app();
    const client = lab.client(app.url, { thread_id: THREAD });
    const heard: unknown[] = [];
    client.socket.on('order.shipped', (data) => heard.push(data));
    const body = { event: 'order.shipped', data: { id: 7 }, message_id: 'm' };
    const answers = await Promise.all([
      ...times(5, () => post(app.url, body)),
      post(app.url, { event: body.event, data: body.data }, { 'idempotency-key': '"m"' }),
    ]);
    for (const { status, text } of answers) expect([status, text]).toEqual([200, '{"offset":1}']);
    expect((await post(app.url, { event: 'order.shipped', data: null })).text).toBe('{"offset":2}');
    await until('it is heard', () => heard.length === 2);
    expect(heard).toEqual([{ id: 7 }, null]);
  });

  const bad: readonly [name: string, body: object, field: string][] = [
    ['no event', { data: 1 }, 'event'],
    ['an event outside the pattern', { event: 'a b', data: 1 }, 'event'],
    ['a name of Socket.IO', { event: 'disconnect', data: 1 }, 'event'],
    ['a name of the protocol', { event: 'thread_events', data: 1 }, 'event'],
    ['the end of a run', { event: 'run_finished', data: {} }, 'event'],
    ['no data', { event: 'note' }, 'data'],
    ['a bad message id', { event: 'note', data: 1, message_id: 'a b' }, 'message_id'],
  ];

  test('is refused if it is invalid, and nothing is written', async (lab) => {
    const app = await lab.app();
    for (const [name, body, field] of bad) {
      const answer = await post(app.url, body);
      expect(await refusalOf(answer), name).toEqual([400, 'bad_request', field]);
    }
    for (const thread of ['a%20b', '~run.abc', `${'x'.repeat(129)}`]) {
      const answer = await postJson(route(app.url, thread), { event: 'note', data: 1 });
      expect(await refusalOf(answer)).toEqual([400, 'bad_thread_id', 'thread_id']);
    }
    for (const query of ['?since=yesterday', '?limit=0', '?limit=many', '?since=1&since=2']) {
      expect((await fetch(`${route(app.url)}${query}`)).status).toBe(400);
    }
    const wrong = await fetch(route(app.url), { method: 'PUT' });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
    expect(await app.sessions.publish(THREAD, 'note', 1)).toBe(1);
  });

  test('by a page of another origin is refused', async (lab) => {
    const app = await lab.app();
    const origin = 'https://evil.example';
    const answer = await post(app.url, { event: 'note', data: 1 }, { origin });
    expect(await refusalOf(answer)).toEqual([403, 'authorisation']);
    expect((await post(app.url, { event: 'note', data: 1 }, { origin: app.url })).status).toBe(200);
  });
});

test('reading and publishing need the permission of authorize', async (lab) => {
  const asked: unknown[] = [];
  const authorize: Authorize = ({ action, thread_id, token, event }) => {
    asked.push([action, thread_id, event]);
    return token === `may-${action}`;
  };
  const app = await lab.app({ authorize });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  for (const headers of [{}, bearer('may-publish'), bearer('may-register')]) {
    expect((await fetch(route(app.url), { headers })).status).toBe(403);
  }
  const body = { event: 'note', data: 1 };
  for (const headers of [{}, bearer('may-read')]) {
    expect((await postJson(route(app.url), body, { headers })).status).toBe(403);
  }
  const published = await postJson(route(app.url), body, { headers: bearer('may-publish') });
  expect(published.text).toBe('{"offset":1}');
  const reader = follow(lab, app.url, '', bearer('may-read'));
  await until('it is read', () => reader.events.length === 1);
  expect(asked.at(0)).toEqual(['read', THREAD, undefined]);
  expect(asked.at(-2)).toEqual(['publish', THREAD, 'note']);
});
