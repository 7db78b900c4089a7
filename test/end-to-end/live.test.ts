/** `/debug/live`: sessions and figures as they change, for a dashboard. */

import { createServer, request } from 'node:http';
import { createMemoryStore } from '@session-monitor/server';
import { LiveLists } from '@session-monitor/server/internal';
import { expect } from 'vitest';
import { LineStream } from '../../packages/http/dist/line-stream.js';
import { publish } from '../support/app.js';
import { readDebug } from '../support/debug-views.js';
import { refusalOf } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';
import { listen } from '../support/listen.js';
import { LiveViewer } from '../support/live-list.js';
import { newSession } from '../support/records.js';
import { times, until } from '../support/until.js';

const open = LiveViewer.open;

/** A server that follows alice over a WebSocket, bob over polling, and a v1 client. */
async function threeSessions(lab: Lab) {
  const app = await lab.app({ node: 'this-node' });
  const follow = (user_id: string, transport: 'websocket' | 'polling') =>
    lab.liveClient(app.url, { thread_id: `${user_id}:own`, user_id, transport });
  const alice = await follow('alice', 'websocket');
  const bob = await follow('bob', 'polling');
  const old = await lab.registeredV1Client(app.url, 'alice:own', 'websocket');
  const ids = [alice, bob].map(({ receipts }) => `${receipts[0]?.session_id}`);
  return { app, bob, ids: [...ids, `${old.socket.id}`] as [string, string, string] };
}

const usersOf = (rows: readonly { readonly user_id: string | null }[]) =>
  rows.map(({ user_id }) => user_id);

test('a viewer gets the sessions of its query first, and then what changes', async (lab) => {
  const { app, bob, ids } = await threeSessions(lab);
  const viewer = await open(lab, app.url);
  await viewer.shows('all', (rows) => rows.length === 3);
  const [first] = viewer.messages;
  expect(first).toMatchObject({ type: 'sessions', total: 3, from: 0 });
  // The newest connection first.
  expect(viewer.ids).toEqual([...ids].reverse());
  expect(viewer.rows.get(ids[0])).toMatchObject({
    thread_id: 'alice:own',
    user_id: 'alice',
    protocol: 2,
    status: 'active',
    transport: 'websocket',
    node: 'this-node',
    remote_address: '127.0.0.1',
    lag: 0,
    expires_at: null,
  });

  await publish(app, 'alice:own', 1, 3);
  await viewer.shows('the log of alice', () => viewer.rows.get(ids[0])?.head === 3);
  // Only what has changed is sent.
  const change = viewer.messages.find(({ type }) => type === 'rows');
  const changed = change?.rows.find(({ session_id }) => session_id === ids[0]);
  expect(Object.keys(changed ?? {})).not.toContain('user_id');

  bob.socket.disconnect();
  await viewer.shows('bob without a connection', () => {
    const row = viewer.rows.get(ids[1]);
    return row?.status === 'disconnected' && row.remote_address === null && row.lag === null;
  });
  expect(viewer.total).toBe(3);
  expect(viewer.rows.get(ids[1])?.expires_at).toBeGreaterThan(Date.now());
});

test('queries have filters, an order and a window', async (lab) => {
  const { app } = await threeSessions(lab);
  const cases: readonly [query: string, total: number, users: readonly (string | null)[]][] = [
    ['user_id=alice', 1, ['alice']],
    ['transport=polling', 1, ['bob']],
    ['q=alice:', 2, [null, 'alice']],
    ['q=127.0.0', 3, [null, 'bob', 'alice']],
    ['state=idle', 0, []],
    ['sort=user_id', 3, ['alice', 'bob', null]],
    ['sort=-user_id', 3, ['bob', 'alice', null]],
    ['sort=user_id&from=1&limit=1', 3, ['bob']],
    ['from=50', 3, []],
  ];
  for (const [query, total, users] of cases) {
    const viewer = await open(lab, app.url, query);
    await until(`an answer to ${query}`, () => viewer.total >= 0);
    expect([query, viewer.total, usersOf(viewer.shown)]).toEqual([query, total, users]);
    viewer.close();
  }
});

test('sessions without a connection are found in the store, those that have expired are not', async (lab) => {
  const store = createMemoryStore();
  const away = times(450, (index) => `away-${String(index).padStart(12, '0')}`);
  for (const id of away) {
    await store.sessions.put(
      newSession(id, { state: 'disconnected', due_at: Date.now() + 600_000 }),
      undefined,
    );
  }
  const expired = { state: 'expired', due_at: Date.now() + 600_000 } as const;
  await store.sessions.put(newSession('expired-000000000000', expired), undefined);
  const app = await lab.app({ store });
  const viewer = await open(lab, app.url, 'sort=session_id&from=440&limit=5');
  await until('all are found', () => viewer.isComplete && viewer.total === 450);
  await viewer.shows('the window', () => viewer.ids.length === 5);
  expect(viewer.ids).toEqual(away.slice(440, 445));
  await viewer.counts('those without a connection', ({ cluster }) => cluster.disconnected === 450);
});

test('figures of the server come once a second, also without rows', async (lab) => {
  const { app, release } = await lab.heldApp({ node: 'this-node' });
  const client = await lab.liveClient(app.url, { thread_id: 't', transport: 'websocket' });
  await app.sessions.sendMessage('t', 'Hello');
  await app.sessions.sendMessage('t', 'And then?');
  const viewer = await open(lab, app.url, 'limit=0');
  const { nodes, unreachable } = await viewer.counts(
    'the connection',
    ({ cluster }) => cluster.connections.websocket === 1,
  );
  expect([nodes.length, nodes[0]?.node, unreachable]).toEqual([1, 'this-node', []]);
  const { cluster } = await viewer.counts(
    'the session',
    (each) => each.cluster.sessions.active === 1,
  );
  expect(cluster).toMatchObject({ runs: { running: 1, waiting: 1 }, threads: 1 });
  await publish(app, 't', 1, 20);
  await until('it arrives', () => client.seen.length >= 20);
  await viewer.counts('events', (each) => each.cluster.sent_per_s > 0);
  expect(viewer.messages.every(({ type }) => type === 'totals')).toBe(true);
  expect(viewer.messages.length).toBeLessThan(10);
  release();
});

test('a viewer is refused that is one too many, or asks for what there is not', async (lab) => {
  const app = await lab.app();
  const viewers = await Promise.all(times(20, () => open(lab, app.url)));
  const refused = await fetch(`${app.url}/debug/live`);
  expect(await refusalOf(refused)).toEqual([429, 'limit_reached']);
  expect(refused.headers.get('retry-after')).toBe('10');
  for (const query of ['sort=name', 'limit=101', 'from=x', 'sate=idle', 'state=gone']) {
    const response = await fetch(`${app.url}/debug/live?${query}`);
    expect([query, response.status]).toEqual([query, 400]);
  }
  viewers[0]?.close();
  await until('there is room', async () => {
    const controller = new AbortController();
    const { status } = await fetch(`${app.url}/debug/live`, { signal: controller.signal });
    controller.abort();
    return status === 200;
  });
});

test('the end of the server ends the streams of its viewers', async (lab) => {
  const app = await lab.app();
  const viewer = await open(lab, app.url);
  await until('it has begun', () => viewer.total === 0);
  await app.close();
  await until('it has ended', () => viewer.isEnded);
});

test('a viewer that is not ready misses steps, and gets their sum later', async (lab) => {
  const app = await lab.app();
  await lab.liveClient(app.url, { thread_id: 't', transport: 'websocket' });
  const lists = new LiveLists(app.sessions);
  let isReady = true;
  const sent: { readonly type: string; readonly rows?: readonly object[] }[] = [];
  const link = {
    isReady: () => isReady,
    send: (json: string) => sent.push(JSON.parse(json)),
    end: () => {},
  };
  const sort = { field: 'session_id', isDescending: false } as const;
  const end = lists.begin({ filter: {}, sort, from: 0, limit: 10 }, link);
  await until('it begins', () => sent.length === 1);
  isReady = false;
  const other = await open(lab, app.url);
  for (const to of [2, 4]) {
    await publish(app, 't', to - 1, to);
    await other.shows(`event ${to}`, ([row]) => row?.head === to);
  }
  expect(sent.length).toBe(1);
  isReady = true;
  await until('it goes on', () => sent.some(({ type }) => type === 'rows'));
  expect(sent.filter(({ type }) => type === 'rows')).toMatchObject([{ rows: [{ head: 4 }] }]);
  end?.();
  expect(lists.size).toBe(0);
});

test('a viewer that takes nothing is cut', async (lab) => {
  let ends = 0;
  let stalls = 0;
  const systemClock = {
    after(ms: number, call: () => void) {
      const timer = setTimeout(call, ms);
      return () => clearTimeout(timer);
    },
  };
  const server = createServer((_request, response) => {
    const stream = new LineStream({
      response,
      clock: systemClock,
      stallMs: 300,
      onStalled: () => {
        stalls += 1;
      },
    });
    stream.open(() => {
      ends += 1;
    });
    const fill = () => {
      while (stream.isReady()) stream.send('x'.repeat(100_000));
    };
    response.on('drain', fill);
    fill();
  });
  const url = await listen(server);
  lab.defer(() => server.close());
  const asked = request(url, (response) => response.pause());
  asked.on('error', () => {}).end();
  lab.defer(() => asked.destroy());
  await until('it is cut', () => stalls === 1 && ends === 1);
});

test('the day is shown minute by minute', async (lab) => {
  const app = await lab.app({ node: 'this-node' });
  const { nodes, unreachable } = await readDebug<{
    readonly nodes: readonly { readonly node: string; readonly minutes: object }[];
    readonly unreachable: readonly string[];
  }>(app.url, 'history');
  expect([nodes.length, nodes[0]?.node, unreachable]).toEqual([1, 'this-node', []]);
  expect(nodes[0]?.minutes).toMatchObject({ at: [], connections: [], sent_per_s: [] });
  expect((await fetch(`${app.url}/debug/history?limit=1`)).status).toBe(400);
});

test('threads are found by what their ids begin with', async (lab) => {
  const app = await lab.app();
  for (const id of ['a', 'alice:1', 'alice:2', 'alice:3', 'alicf', 'bob']) {
    await publish(app, id, 1, 2);
  }
  // An unpublished reply has a log that is no thread.
  const body = JSON.stringify({ thread_id: 'alice:2', user_input: 'Hi' });
  const headers = { 'content-type': 'application/json' };
  await (await fetch(`${app.url}/havefun`, { method: 'POST', body, headers })).text();
  type Found = {
    readonly threads: readonly { readonly thread_id: string; readonly head: number }[];
    readonly next: string | null;
  };
  const find = async (query: string) => {
    const { threads, next } = await readDebug<Found>(app.url, `threads?${query}`);
    return [threads.map(({ thread_id }) => thread_id).join(' '), next];
  };
  expect(await find('')).toEqual(['a alice:1 alice:2 alice:3 alicf bob', null]);
  expect(await find('q=alice')).toEqual(['alice:1 alice:2 alice:3', null]);
  expect(await find('q=alice&limit=2')).toEqual(['alice:1 alice:2', 'alice:2']);
  expect(await find('q=alice&limit=2&after=alice:2')).toEqual(['alice:3', null]);
  expect(await find('q=a')).toEqual(['a alice:1 alice:2 alice:3 alicf', null]);
  expect(await find('q=b')).toEqual(['bob', null]);
  expect(await find('q=c')).toEqual(['', null]);
  const { threads } = await readDebug<Found>(app.url, 'threads?q=bob');
  expect(threads[0]).toMatchObject({ head: 2, first_kept: 1, running: false });
  expect((await fetch(`${app.url}/debug/threads?q=no%20name`)).status).toBe(400);
});
