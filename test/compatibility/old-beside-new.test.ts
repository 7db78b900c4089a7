/**
 * The product of 53fec2e together with today's. Stored and sent names are the same in both: the new one reads a store
 * that the old one has filled, both are nodes on one Redis, and their pages share a connection. The old one cannot compare
 * the digests of secrets that the new one stores (decision 90): it continues such a session's cursor in a new session.
 */

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { SessionStorage } from '@session-monitor/client';
import type { Receipt } from '@session-monitor/protocol';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import { openRedisStore } from '@session-monitor/server/redis';
import { io } from 'socket.io-client';
import { describe, expect } from 'vitest';
import { openContext } from '../support/browser.js';
import { createStorage, EVENT, type TestClient } from '../support/client.js';
import { bundleByVite, serveFiles } from '../support/file-server.js';
import { freePort } from '../support/free-port.js';
import { type Lab, test } from '../support/lab.js';
import type { ServerProcess } from '../support/server-process.js';
import { times, until } from '../support/until.js';
import { OLD_CLIENT_FILE, OldMonitor } from './old-product.js';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const OLD_SERVER = here('./old-server.mjs');

const THREAD = 'kept';
const DEMO = { partsPerSecond: 1_000, words: 40 };
const numbers = (from: number, to: number) => times(to - from + 1, (index) => from + index);

async function publishAll(server: ServerProcess, all: readonly number[]): Promise<void> {
  for (const n of all) await server.publish(THREAD, EVENT, { n }, `m${n}`);
}

/** A monitor of 53fec2e. */
function oldMonitor(lab: Lab, url: string, storage: SessionStorage | null = null) {
  const socket = io(url, { forceNew: true });
  const monitor = new OldMonitor(socket, { thread_id: THREAD, storage });
  lab.defer(() => {
    monitor.stop();
    socket.disconnect();
  });
  return monitor.start();
}

/** The numbers of a client that has each once and in order. */
function expectAll({ seen, gaps, resets, errors }: TestClient, to: number): void {
  expect(seen.filter(Number.isInteger)).toEqual(numbers(1, to));
  expect([gaps, resets, errors]).toEqual([[], [], []]);
}

/** What a client learns of its session at a registration. */
const outcomeOf = ({ outcome, reason }: Receipt): string =>
  reason === undefined ? outcome : `${outcome}: ${reason}`;

type Place =
  | { readonly path: string; readonly redis?: never }
  | { readonly redis: { readonly url: string }; readonly path?: never };

async function placeFor(lab: Lab, kind: 'LMDB' | 'Redis'): Promise<Place> {
  if (kind === 'LMDB') return { path: await lab.folder() };
  return { redis: { url: (await lab.redis({ appendfsync: 'no' })).url } };
}

/** The session records of a store that no server has open. */
async function storedSessions({ path, redis }: Place) {
  const store = redis
    ? await openRedisStore({ ...redis, waive: ['appendfsync'] })
    : await openLmdbStore({ path });
  const records = await store.sessions.list('', 100);
  await store.close();
  return records;
}

describe.each(['LMDB', 'Redis'] as const)('%s that the old server has filled', (kind) => {
  test('keeps its events, sessions, message ids, replies and erasures', async (lab) => {
    const place = await placeFor(lab, kind);
    const old = await lab.server({ ...place, demo: DEMO, entry: OLD_SERVER });
    const proxy = await lab.proxy(old.url);
    const client = lab.client(proxy.url, { thread_id: THREAD, storage: createStorage() });
    await publishAll(old, numbers(1, 50));
    await until('all are applied', () => client.seen.length === 50);
    const run_id = await old.message('asked', 'What is a cursor?', 'question');
    await old.publish('erased', EVENT, { n: 1 });
    await old.erase('erased');

    // The client gets nothing any more. It notices when the connection is cut, and its server is another one then.
    proxy.blackHole();
    await publishAll(old, numbers(51, 100));
    await old.stop();
    const today = await lab.server({ ...place, demo: DEMO });
    proxy.retarget(today.port);
    proxy.cut();
    await until('the rest is applied', () => client.seen.length >= 100);
    expectAll(client, 100);
    const [first, last] = [client.receipts[0], client.receipts.at(-1)];
    const { session_id, session_secret } = first as Receipt;
    expect(last).toMatchObject({ outcome: 'resumed', session_id, session_secret });

    // The message id is known, so the message is not published again.
    expect(await today.publish(THREAD, EVENT, { n: 7 }, 'm7')).toBe(7);
    expect(await today.message('asked', 'What is a cursor?', 'question')).toBe(run_id);
    const late = lab.client(today.url, { thread_id: 'asked', since: 'start', idle: true });
    const parts: number[] = [];
    late.monitor.on('message', (_data, { span }) => parts.push(span));
    late.monitor.start();
    await until('the reply is read', () => parts.length > 0);
    // One event holds all of its words, because it was compacted.
    expect(parts).toEqual([expect.toSatisfy((span: number) => span > 10)]);
    expect(await today.publish('erased', EVENT, { n: 2 })).toBe(1);

    // A thread of the old server is in the list from its next run on.
    await today.message('asked', 'And a lease?', 'another');
    const { threads } = (await (await fetch(`${today.url}/threads`)).json()) as {
      threads: readonly { readonly thread_id: string }[];
    };
    expect(threads.map(({ thread_id }) => thread_id)).toEqual(['asked']);

    // The session was stored in plain. It is a digest from its first resume on.
    client.close();
    late.close();
    await today.stop();
    const record = (await storedSessions(place)).find((each) => each.session_id === session_id);
    expect(record).toMatchObject({
      secret: expect.stringMatching(/^sha256:/),
      instance: expect.stringMatching(/^sha256:/),
    });
    expect(JSON.stringify(record)).not.toContain(session_secret);
  });
});

// An old server refuses the format of today's data directory.
describe("Redis that today's server has filled", () => {
  test('is continued by the old one and by the new one again, without a loss', async (lab) => {
    const place = await placeFor(lab, 'Redis');
    const proxy = await lab.proxy(await freePort());
    const client = lab.client(proxy.url, { thread_id: THREAD, storage: createStorage() });
    for (const [turn, entry] of [{}, { entry: OLD_SERVER }, {}].entries()) {
      const server = await lab.server({ ...place, demo: DEMO, ...entry });
      proxy.retarget(server.port);
      await until('it is live', () => client.receipts.length > turn);
      await publishAll(server, numbers(turn * 10 + 1, turn * 10 + 10));
      await until('all are applied', () => client.seen.length >= turn * 10 + 10);
      await server.stop();
    }
    expectAll(client, 30);
    expect(client.receipts.map(outcomeOf)).toEqual(['new', 'new: unknown_session', 'resumed']);
  });
});

describe('an old and a new node on one Redis', () => {
  async function pair(lab: Lab) {
    const { url } = await lab.redis({ appendfsync: 'no' });
    const options = { redis: { url }, demo: { partsPerSecond: 20, words: 400 } };
    const old = await lab.server({ ...options, node: 'old', entry: OLD_SERVER });
    const today = await lab.server({ ...options, node: 'today' });
    return { old, today, both: [old, today] as const };
  }

  test('give the clients of both the same events, in one order', async (lab) => {
    const { old, today, both } = await pair(lab);
    const clients = both.map(({ url }) => lab.client(url, { thread_id: THREAD }));
    await Promise.all([publishAll(old, numbers(1, 100)), publishAll(today, numbers(101, 200))]);
    for (const { seen } of clients) await until('all are applied', () => seen.length >= 200);
    expect(new Set(clients[0]?.seen).size).toBe(200);
    expect(clients[1]?.seen).toEqual(clients[0]?.seen);
  });

  test('exchange ephemeral events, from an old page and from a new one', async (lab) => {
    const { old, today } = await pair(lab);
    const monitors = [
      oldMonitor(lab, old.url),
      lab.client(today.url, { thread_id: THREAD }).monitor,
    ] as const;
    const heard = monitors.map((): unknown[] => []);
    monitors.forEach((monitor, index) => {
      monitor.on('ephemeral', ({ data }) => heard[index]?.push(data));
    });
    await until('both are live', () => monitors.every(({ status }) => status.state === 'live'));
    await until('each hears the other', () => {
      monitors.forEach((monitor, from) => {
        monitor.sendEphemeral('typing', { from });
      });
      return heard.every(({ length }) => length > 0);
    });
    expect([heard[0]?.[0], heard[1]?.[0]]).toEqual([{ from: 1 }, { from: 0 }]);
  });

  test('move a client to and fro without a loss; only the new one resumes its session', async (lab) => {
    const { both } = await pair(lab);
    const proxy = await lab.proxy(both[0].url);
    const client = lab.client(proxy.url, { thread_id: THREAD });
    for (const move of numbers(0, 5)) {
      await until('it is live', () => client.receipts.length > move);
      const [here, there] = move % 2 === 0 ? [both[0], both[1]] : [both[1], both[0]];
      const publishing = publishAll(here, numbers(move * 20 + 1, move * 20 + 20));
      proxy.retarget(there.port);
      proxy.cut();
      await publishing;
    }
    await until('all are applied', () => client.seen.length >= 120);
    expectAll(client, 120);
    const receipts = client.receipts.slice(0, 6);
    const nodes = receipts.map(({ node }) => node.split('-')[0]);
    expect(nodes).toEqual(['old', 'today', 'old', 'today', 'old', 'today']);
    const unknown = 'new: unknown_session';
    const outcomes = ['new', 'resumed', unknown, 'resumed', unknown, 'resumed'];
    expect(receipts.map(outcomeOf)).toEqual(outcomes);
    const sessions = receipts.map(({ session_id }) => session_id);
    expect(sessions.filter((_, at) => at % 2 === 1)).toEqual(
      sessions.filter((_, at) => at % 2 === 0),
    );
  });

  test("answer each other's queries about their sessions", async (lab) => {
    const { old, today } = await pair(lab);
    const client = lab.client(old.url, { thread_id: THREAD, pingInterval: 300 });
    await publishAll(old, numbers(1, 10));
    await until('all are applied', () => client.seen.length === 10);
    const view = await until('the new node shows the session of the old one', async () => {
      const answer = await fetch(`${today.url}/debug/all-sessions`);
      const { sessions } = (await answer.json()) as {
        sessions: readonly { readonly offset: number; readonly node: string }[];
      };
      return sessions.find(({ offset }) => offset === 10);
    });
    expect(view.node).toMatch(/^old/);
  });

  test.for(['old', 'today'] as const)(
    'end the reply of a node that was killed: %s',
    async (killed, lab) => {
      const nodes = await pair(lab);
      const [lost, left] = killed === 'old' ? nodes.both : [nodes.today, nodes.old];
      const client = lab.client(left.url, { thread_id: THREAD, idle: true });
      const ends: unknown[] = [];
      let words = 0;
      client.monitor.on('message', () => {
        words += 1;
      });
      client.monitor.on('run_finished', (data) => ends.push(data));
      client.monitor.start();
      await until('it is live', () => client.receipts.length === 1);
      void lost.message(THREAD, 'What is a cursor?', 'question').catch(() => {});
      await until('some of the reply has come', () => words > 10);
      await lost.kill();
      await until('its end has come', () => ends.length === 1, { timeoutMs: 20_000 });
      expect(ends).toMatchObject([{ status: 'interrupted' }]);
    },
  );
});

describe("an old page's events", () => {
  test("are published by today's server", async (lab) => {
    const app = await lab.app();
    const monitor = oldMonitor(lab, app.url);
    expect(await monitor.send('note', { n: 1 })).toBe(1);
    expect(await monitor.send('note', { n: 2 })).toBe(2);
  });

  test("that it has saved are sent by today's page", async (lab) => {
    const storage = createStorage();
    const old = oldMonitor(lab, `http://127.0.0.1:${await freePort()}`, storage);
    for (const n of [1, 2]) void old.send('note', { n }).catch(() => {});
    await until(
      'they are saved',
      () => storage.getItem(`session_monitor:events:${THREAD}`) !== null,
    );
    const app = await lab.app();
    const client = lab.client(app.url, { thread_id: THREAD, storage, idle: true });
    const received: unknown[] = [];
    client.monitor.on('note', (data) => received.push(data));
    client.monitor.start();
    await until('both have come', () => received.length === 2);
    expect(received).toEqual([{ n: 1 }, { n: 2 }]);
  });
});

describe('an old and a new tab', () => {
  const page = (client: string) => `<!doctype html><title>${client}</title>
<script src="/socket.io.js"></script>
<script type="module">
import { SessionMonitor, shareSocket } from '/${client}.mjs';
const server = new URLSearchParams(location.search).get('server');
const socket = shareSocket(() => io(server, { transports: ['websocket'] }));
const monitor = new SessionMonitor(socket, { thread_id: '${THREAD}', storage: null });
window.seen = [];
window.wrong = [];
monitor.on('${EVENT}', ({ n }) => window.seen.push(n));
for (const name of ['gap', 'reset', 'error', 'failed']) monitor.on(name, (it) => window.wrong.push([name, it]));
window.leads = () => socket.leads;
monitor.start();
</script>`;

  async function site(lab: Lab) {
    const script = (text: string): readonly [string, string] => ['text/javascript', text];
    const socketIo = fileURLToPath(import.meta.resolve('socket.io-client/dist/socket.io.js'));
    const server = await serveFiles(
      new Map<string, readonly [type: string, text: string]>([
        ['/old', ['text/html', page('old')]],
        ['/today', ['text/html', page('today')]],
        ['/old.mjs', script(await readFile(OLD_CLIENT_FILE, 'utf8'))],
        ['/today.mjs', script(await bundleByVite(here('.'), here('./today-client.mjs')))],
        ['/socket.io.js', script(await readFile(socketIo, 'utf8'))],
      ]),
    );
    lab.defer(() => server.close());
    return server.origin;
  }

  test.for([
    ['old', 'today'],
    ['today', 'old'],
  ] as const)('share one connection, which %s begins and %s takes over', async (order, lab) => {
    const app = await lab.app();
    const origin = await site(lab);
    const context = await openContext(lab);
    const open = async (name: string) => {
      const tab = await context.newPage();
      await tab.goto(`${origin}/${name}?server=${encodeURIComponent(app.url)}`);
      return tab;
    };
    const publish = async (all: readonly number[]) => {
      for (const n of all) await app.sessions.publish(THREAD, EVENT, { n });
    };
    const [first, second] = [await open(order[0]), await open(order[1])];
    await until('both follow the thread', () => app.sessions.stats().sessions === 2);
    expect(app.sessions.stats().connections).toBe(1);
    const leads = () => Promise.all([first, second].map((tab) => tab.evaluate('leads()')));
    expect(await leads()).toEqual([true, false]);
    await publish(numbers(1, 20));
    const seen = (tab: typeof first) => tab.evaluate<number[]>('seen');
    for (const tab of [first, second]) {
      await until('all are applied', async () => (await seen(tab)).length >= 20);
    }

    await first.close();
    await publish(numbers(21, 40));
    await until('the rest is applied', async () => (await seen(second)).length >= 40);
    expect(await seen(second)).toEqual(numbers(1, 40));
    expect(await second.evaluate('leads()')).toBe(true);
    expect(await second.evaluate('wrong')).toEqual([]);
  });
});
