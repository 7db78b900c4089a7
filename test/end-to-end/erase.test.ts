import { createDemoResponder, createMemoryStore, type Responder } from '@session-monitor/server';
import { type Environment, openLmdbStore } from '@session-monitor/server/lmdb';
import { expect } from 'vitest';
import { EventReader } from '../support/event-reader.js';
import { heldResponder } from '../support/held-responder.js';
import { test } from '../support/lab.js';
import { openWithTables } from '../support/lmdb.js';
import { parseSse, postJson, readRun } from '../support/run-reader.js';
import { times, until } from '../support/until.js';

const THREAD = 'erased-thread';
const SECRET = 'the-needle-in-the-haystack';
const question = { user_input: `What is ${SECRET}?`, thread_id: THREAD };

const erase = (url: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/threads/${THREAD}`, { method: 'DELETE', headers });

test('an erased thread is gone from the store: events, replies, sessions, message ids', async (lab) => {
  const { store, environment } = await openWithTables({ path: await lab.folder() });
  const app = await lab.app({ store });
  const away = lab.client(app.url, { thread_id: THREAD });
  const present = lab.client(app.url, { thread_id: THREAD });
  const other = lab.client(app.url, { thread_id: 'other' });
  const publish = () => app.sessions.publish(THREAD, 'note', SECRET, { message_id: SECRET });
  await publish();
  await app.sessions.publish('other', 'note', 'kept');
  const runs = await Promise.all([
    readRun(app.url, { ...question, message_id: 'published', use_websocket: true }),
    readRun(app.url, { ...question, message_id: 'private', use_websocket: false }),
  ]);
  await until('all have it', () => present.monitor.status.offset === away.monitor.status.offset);
  away.socket.disconnect();
  const sessions = () => store.sessions.ofThread(THREAD, '', 10);
  await until('one is away', async () =>
    (await sessions()).some(({ state }) => state === 'disconnected'),
  );

  expect((await erase(app.url)).status).toBe(204);
  expect(await store.runs.ofThread(THREAD, '', 10)).toEqual([]);
  expect((await sessions()).map(({ state }) => state)).toEqual(['connected']);
  await until('the present client is reset', () => present.resets.length === 1);
  expect(present.resets).toEqual([{ reason: 'deleted', from: 1 }]);
  expect(other.resets).toEqual([]);

  // After the clean-up no table contains any of it, in a key or in a value.
  const remains = () => {
    const found: string[] = [];
    for (const table of ['journal', 'logs', 'messages', 'runs', 'graves', 'sessions'] as const) {
      for (const { key, value } of environment.range(table, {})) {
        const text = `${key.toString('latin1')} ${value.toString('latin1')}`;
        const about = [SECRET, ...runs.map(({ parts }) => parts[0]?.run_id ?? '')];
        if (table === 'graves' || about.some((each) => text.includes(each))) found.push(table);
      }
    }
    return found;
  };
  await until('nothing is left', () => remains().length === 0, { state: remains });

  // The server has forgotten the message ids, too.
  expect(await publish()).toBe(1);
  const again = await readRun(app.url, { ...question, message_id: 'private' });
  expect(again.parts.at(-1)).toMatchObject({ status: 'completed' });
  away.socket.connect();
  await until('the returning client is reset', () => away.resets.length === 1);
  expect(away.resets).toEqual([{ reason: 'deleted', from: 1 }]);
  other.monitor.stop();
});

test('an erasure that a crash has cut short is finished at the next start', async (lab) => {
  const path = await lab.folder();
  let copying = true;
  const environments: Environment[] = [];
  const wrapEnvironment = (environment: Environment): Environment => {
    environments.push(environment);
    return {
      ...environment,
      // The clean-up does not reach the disk, only what the erasure itself writes.
      commit: async (operations) => {
        const cleaning = operations.every(({ table }) => table === 'graves' || table === 'journal');
        if (copying && cleaning && operations.some(({ value }) => value === null)) {
          return new Promise(() => {});
        }
        return environment.commit(operations);
      },
    };
  };
  const store = await openLmdbStore({ path, wrapEnvironment });
  await store.logs.append(THREAD, [JSON.stringify(['note', SECRET])]);
  await store.logs.delete(THREAD);
  copying = false;
  await environments[0]?.close();

  const { readdirSync, copyFileSync, mkdirSync } = await import('node:fs');
  // This process still counts the directory as open, so the test looks at a copy of what a crash has left.
  const copy = `${await lab.folder()}/copy`;
  mkdirSync(copy, { mode: 0o700 });
  for (const name of readdirSync(path)) copyFileSync(`${path}/${name}`, `${copy}/${name}`);
  const again = await openLmdbStore({ path: copy, wrapEnvironment });
  lab.defer(() => again.close());
  const left = () =>
    (['journal', 'graves'] as const).flatMap((table) => [
      ...(environments[1]?.range(table, {}) ?? []),
    ]).length;
  await until('nothing is left', () => left() === 0, { state: left });
});

test('replies that are being produced end before their thread is erased, and nothing of them follows', async (lab) => {
  const signals: AbortSignal[] = [];
  const { responder, release } = heldResponder();
  const watched: Responder = (request, context) => {
    signals.push(context.signal);
    return responder(request, context);
  };
  const store = createMemoryStore();
  const app = await lab.app({ responder: watched, store });
  const streams = [true, false, true].map((use_websocket) =>
    postJson(`${app.url}/havefun`, { ...question, use_websocket }),
  );
  await until('they are under way', () => app.sessions.stats().runs === 3);
  await until('one is produced', () => signals.length === 1);
  expect((await erase(app.url)).status).toBe(204);
  expect(app.sessions.stats().runs).toBe(0);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  // Every stream ends, with the end of its reply or with a reset.
  for (const { text, complete } of await Promise.all(streams)) {
    expect(complete).toBe(true);
    const last = parseSse(text).at(-1);
    expect(`${last?.event} ${last?.data}`).toMatch(/"status":"cancelled"|"reason":"deleted"/);
  }
  release();
  expect(await store.logs.head(THREAD)).toMatchObject({ offset: 0 });
  expect(await app.sessions.publish(THREAD, 'note', 1)).toBe(1);
});

test('a message that arrives while a thread is erased goes to the new one', async (lab) => {
  const store = createMemoryStore();
  const responder = createDemoResponder({ partsPerSecond: 5_000, words: 3, exact: true });
  const app = await lab.app({ responder, store });
  const message = { ...question, use_websocket: true, message_id: 'm' };
  await readRun(app.url, message);
  for (const round of times(20, (n) => n)) {
    const [, reply] = await Promise.all([
      erase(app.url),
      readRun(app.url, { ...message, message_id: round % 2 === 0 ? 'm' : `m${round}` }),
    ]).catch((error: unknown) => {
      throw new Error(`round ${round}: ${String(error)}`);
    });
    expect(reply.parts.at(-1)?.type).toBe('run_finished');
    // The runs in the store and the events in the log match.
    const known = await store.runs.ofThread(THREAD, '', 10);
    const reader = new EventReader(`${app.url}/threads/${THREAD}/events`);
    reader.connect();
    await until('read', () => reader.connected);
    const ended = () =>
      reader.events.filter(({ event }) => event === 'run_finished' || event === 'run_started');
    await until('each has its beginning and its end', () => ended().length === known.length * 2);
    reader.cut();
  }
});

test('a server that is closed erases nothing: its store may be closed behind it', async (lab) => {
  const app = await lab.app();
  await app.sessions.publish(THREAD, 'note', 1);
  const begun = app.sessions.deleteThread(THREAD);
  await app.sessions.close();
  await begun;
  await expect(app.sessions.deleteThread(THREAD)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
});

test('erasing a thread needs the permission of authorize', async (lab) => {
  const app = await lab.app({
    authorize: ({ action, token }) => action !== 'delete' || token === 'good',
  });
  await app.sessions.publish(THREAD, 'note', 1);
  expect((await erase(app.url)).status).toBe(403);
  expect((await erase(app.url, { origin: 'https://evil.example' })).status).toBe(403);
  expect(await app.sessions.publish(THREAD, 'note', 2)).toBe(2);
  expect((await erase(app.url, { authorization: 'Bearer good' })).status).toBe(204);
  expect(await app.sessions.publish(THREAD, 'note', 3)).toBe(1);
  const bad = await fetch(`${app.url}/threads/a%20b`, { method: 'DELETE' });
  expect(bad.status).toBe(400);
});
