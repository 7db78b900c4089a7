/** The list of threads, over HTTP and from a program. */

import type { Authorize, ThreadSummary } from '@session-monitor/server';
import { describe, expect } from 'vitest';
import { jsonPost } from '../support/json.js';
import { test } from '../support/lab.js';
import { openWithTables } from '../support/lmdb.js';
import { postJson, readRun } from '../support/run-reader.js';
import {
  FAST_RESPONDER,
  fetchJson,
  idsOf,
  listThreads,
  nextMillisecond,
  patchThread,
  questionTo,
} from '../support/thread-list.js';
import { times, until } from '../support/until.js';

const NOTE = jsonPost({ event: 'note', data: 1 });

/** The bearer token is the user's name. */
const byToken: Authorize = ({ token }) => token !== undefined && { user_id: token };

describe('the list of threads', () => {
  test('shows a thread from its first reply on, and whether a reply is running', async (lab) => {
    const { app, release } = await lab.heldApp();
    expect(await listThreads(app.url)).toEqual([]);
    await app.sessions.publish('asked', 'greeting', 'Hello');
    expect(await listThreads(app.url)).toEqual([]);

    const reply = postJson(`${app.url}/havefun`, { ...questionTo('asked'), user_id: 'ann' });
    const [begun] = await until('it is listed', async () => {
      const found = await listThreads(app.url);
      return found.length > 0 && found;
    });
    const { created_at = '', last_activity, head = 0, ...rest } = begun ?? {};
    expect(rest).toEqual({
      thread_id: 'asked',
      title: 'What is a asked?',
      user_id: 'ann',
      metadata: {},
      running: true,
    });
    expect(new Date(created_at).toISOString()).toBe(last_activity);
    expect(head).toBeGreaterThan(1);

    await nextMillisecond();
    await app.sessions.publish('asked', 'note', 'in between');
    const [during] = await listThreads(app.url);
    expect(during).toMatchObject({ last_activity, running: true });
    release();
    await reply;
    const [ended] = await listThreads(app.url);
    expect(ended).toMatchObject({ ...rest, created_at, running: false });
    expect([ended?.last_activity, ended?.head].map(String)).not.toEqual(
      [last_activity, during?.head].map(String),
    );
    expect((ended?.last_activity ?? '') > (last_activity ?? '')).toBe(true);
    const one = await fetchJson(`${app.url}/threads/asked`);
    expect(one).toEqual({ status: 200, body: ended });
    expect(await app.sessions.thread('asked')).toEqual(ended);
  });

  test('is ordered by activity, and leaves private replies out', async (lab) => {
    const app = await lab.app({ responder: FAST_RESPONDER });
    for (const thread of ['a', 'b', 'c', 'a']) {
      await readRun(app.url, questionTo(thread, `m-${Math.random()}`));
      await nextMillisecond();
    }
    await readRun(app.url, { ...questionTo('hidden'), use_websocket: false });
    await readRun(app.url, { ...questionTo('b', 'private'), use_websocket: false });
    const threads = await listThreads(app.url);
    expect(idsOf(threads)).toEqual(['a', 'c', 'b']);
    expect(threads.map(({ title }) => title)).toEqual(
      ['a', 'c', 'b'].map((name) => `What is a ${name}?`),
    );
    // A repeated question starts no run and moves nothing.
    await readRun(app.url, { ...questionTo('b', 'private'), use_websocket: false });
    expect(await listThreads(app.url)).toEqual(threads);
  });

  test('shows each thread that stays once while others move', async (lab) => {
    const app = await lab.app({ responder: FAST_RESPONDER });
    const name = (n: number) => `thread-${n}`;
    for (const n of times(12, (each) => each)) {
      await app.sessions.publish(name(n), 'note', n, { user_id: 'ann' });
      await nextMillisecond();
    }
    const seen: string[] = [];
    let cursor: string | null = null;
    for (const moved of [11, 2, 0, 5, 4]) {
      const next: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { body } = await fetchJson<{ threads: ThreadSummary[]; cursor: string | null }>(
        `${app.url}/threads?limit=3${next}`,
      );
      seen.push(...idsOf(body.threads));
      cursor = body.cursor;
      await readRun(app.url, questionTo(name(moved)));
      if (cursor === null) break;
    }
    expect(cursor).toBe(null);
    expect(new Set(seen).size).toBe(seen.length);
    const still = [10, 9, 8, 7, 6, 3, 1].map(name);
    expect(seen.filter((thread) => still.includes(thread))).toEqual(still);
    // The moved threads are on the first page.
    expect(idsOf(await listThreads(app.url)).slice(0, 3)).toEqual([5, 0, 2].map(name));
    expect(
      (await fetchJson<{ threads: unknown[] }>(`${app.url}/threads`)).body.threads,
    ).toHaveLength(12);
  });

  test('holds 50 threads a page, 200 at most', async (lab) => {
    const app = await lab.app();
    await Promise.all(
      times(201, (n) => app.sessions.publish(`t${n}`, 'note', n, { user_id: null })),
    );
    const count = async (query: string) =>
      (await fetchJson<{ threads: unknown[] }>(`${app.url}/threads${query}`)).body.threads.length;
    expect([await count(''), await count('?limit=200')]).toEqual([50, 200]);
    expect(new Set(idsOf(await listThreads(app.url, { limit: 7 }))).size).toBe(201);
  });

  test.for([
    ['limit=0', 'limit', /from 1 to 200/],
    ['limit=201', 'limit', /from 1 to 200/],
    ['limit=ten', 'limit', /from 1 to 200/],
    ['limit=1&limit=2', 'limit', /got an array/],
    ['cursor=', 'cursor', /the cursor of the page before/],
    ['cursor=12', 'cursor', /the cursor of the page before/],
    ['cursor=1.a/../b', 'cursor', /the cursor of the page before/],
    [`user_id=${'u'.repeat(257)}`, 'user_id', /at most 256 characters/],
  ] as const)('refuses the query %s', async ([query, field, message], lab) => {
    const { url } = await lab.app();
    const { status, body } = await fetchJson(`${url}/threads?${query}`);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({
      code: 'bad_request',
      field,
      message: expect.stringMatching(message),
    });
  });
});

describe('whose threads are listed', () => {
  const REFUSED = 403;
  const answers: readonly [string, unknown, readonly string[] | number][] = [
    ['true', true, REFUSED],
    ['false', false, REFUSED],
    ['nothing', undefined, REFUSED],
    ['null', null, REFUSED],
    ['a number', 1, REFUSED],
    ['a user of no name', { user_id: 7 }, REFUSED],
    ['all, with another value than true', { all: 'yes' }, REFUSED],
    ['neither a user nor all', { all: false }, REFUSED],
    ['a user', { user_id: 'ann' }, ['ann-1', 'ann-2']],
    ['a user without threads', { user_id: 'eve' }, []],
    ['a user, all is false', { user_id: 'ann', all: false }, ['ann-1', 'ann-2']],
    ['all', { all: true }, ['ann-1', 'ann-2', 'bob-1', 'nobody-1']],
    ['a user, all is true', { user_id: 'ann', all: true }, ['ann-1', 'ann-2', 'bob-1', 'nobody-1']],
  ];
  test.for(answers)('follows the answer of authorize: %s', async ([, answer, expected], lab) => {
    const asked: object[] = [];
    const authorize: Authorize = (request) => {
      asked.push(request);
      return answer as boolean;
    };
    const app = await lab.app({ authorize });
    for (const thread of ['ann-1', 'ann-2', 'bob-1', 'nobody-1']) {
      const [user = ''] = thread.split('-');
      const user_id = user === 'nobody' ? null : user;
      await app.sessions.publish(thread, 'note', 1, { user_id });
    }
    const token = 'a-token';
    const list = (query: string) =>
      fetchJson<{ threads: ThreadSummary[] }>(`${app.url}/threads${query}`, { token });
    const { status, body } = await list('?user_id=ann&limit=4');
    const { status: plain, body: all } = await list('');
    if (typeof expected === 'number') {
      expect([status, plain]).toEqual([expected, expected]);
      expect(body.error?.code).toBe('authorisation');
    } else {
      expect(plain).toBe(200);
      expect([...idsOf(all.threads)].sort()).toEqual(expected);
    }
    expect(asked).toEqual(
      times(2, () => ({ action: 'list', token, auth: {}, headers: expect.anything() })),
    );
  });

  test('a query parameter narrows the grant, and never widens it', async (lab) => {
    const authorize: Authorize = ({ token }) =>
      token === 'admin' ? { all: true } : token !== undefined && { user_id: token };
    const app = await lab.app({ authorize });
    for (const user_id of ['ann', 'bob', '']) {
      await app.sessions.publish(`of-${user_id}`, 'note', 1, { user_id });
    }
    const list = async (token: string, query: string) => {
      const address = `${app.url}/threads${query}`;
      const { status, body } = await fetchJson<{ threads: ThreadSummary[] }>(address, { token });
      return status === 200 ? [...idsOf(body.threads)].sort() : `${status} ${body.error?.field}`;
    };
    expect(await list('admin', '')).toEqual(['of-', 'of-ann', 'of-bob']);
    expect(await list('admin', '?user_id=bob')).toEqual(['of-bob']);
    expect(await list('admin', '?user_id=')).toEqual(['of-']);
    expect(await list('admin', '?user_id=nobody')).toEqual([]);
    expect(await list('ann', '')).toEqual(['of-ann']);
    expect(await list('ann', '?user_id=ann')).toEqual(['of-ann']);
    expect(await list('ann', '?user_id=bob')).toBe('403 user_id');
    expect(await list('ann', '?user_id=')).toBe('403 user_id');
    expect(await list('ann', '?user_id=ann&user_id=bob')).toBe('400 user_id');
    // A cursor names a position, not a user.
    const place = encodeURIComponent('9999999999999.of-bob');
    expect(await list('ann', `?cursor=${place}`)).toEqual(['of-ann']);
    const all = '?all=true&user_id=ann';
    expect(await list('ann', all)).toEqual(['of-ann']);
  });

  test('answers 503 when authorize throws, and lets no foreign page read', async (lab) => {
    const failing = await lab.app({
      authorize: () => {
        throw new Error('The user database does not answer');
      },
    });
    const outage = await fetchJson(`${failing.url}/threads`);
    expect([outage.status, outage.body.error?.code]).toEqual([503, 'unavailable']);
    const { url } = await lab.app();
    const foreign = await fetch(`${url}/threads`, { headers: { origin: 'https://evil.example' } });
    expect(foreign.headers.get('access-control-allow-origin')).toBe(null);
  });
});

describe('the owner', () => {
  test('is the first user who wrote, and stays', async (lab) => {
    const app = await lab.app({ authorize: byToken, responder: FAST_RESPONDER });
    const ask = (token: string, thread: string) =>
      postJson(`${app.url}/havefun`, questionTo(thread, `${token}-${thread}`), {
        headers: { authorization: `Bearer ${token}` },
      });
    const publish = (token: string, thread: string) =>
      fetchJson(`${app.url}/threads/${thread}/events`, { ...NOTE, token });
    await ask('ann', 'asked');
    await ask('bob', 'asked');
    await publish('ann', 'published');
    await publish('bob', 'published');
    await ask('bob', 'published');
    const sender = await lab.liveClient(app.url, { thread_id: 'sent', token: 'ann' });
    expect(await listThreads(app.url, { token: 'ann' })).toHaveLength(2);
    await sender.monitor.send('note', 1);
    await publish('bob', 'sent');
    const owned = await listThreads(app.url, { token: 'ann' });
    expect([...idsOf(owned)].sort()).toEqual(['asked', 'published', 'sent']);
    expect(owned.find(({ thread_id }) => thread_id === 'published')?.title).toBe(
      'What is a published?',
    );
    expect(await listThreads(app.url, { token: 'bob' })).toEqual([]);

    // Only a program may change the owner.
    await app.sessions.updateThread('sent', { user_id: 'bob' });
    const body = { title: 'Mine now', user_id: 'ann' };
    const patched = await patchThread(app.url, 'sent', body, 'ann');
    expect(patched.body).toMatchObject({ title: 'Mine now', user_id: 'bob' });
    expect(idsOf(await listThreads(app.url, { token: 'bob' }))).toEqual(['sent']);
  });

  test('is never a user that only the caller claims', async (lab) => {
    const authorize: Authorize = ({ action }) => (action === 'list' ? { all: true } : true);
    const app = await lab.app({ authorize, responder: FAST_RESPONDER });
    await readRun(app.url, { ...questionTo('asked'), user_id: 'victim' });
    const sender = await lab.liveClient(app.url, { thread_id: 'sent', user_id: 'victim' });
    await sender.monitor.send('note', 1);
    const owners = (await listThreads(app.url)).map(({ user_id }) => user_id);
    expect(owners).toEqual([null, null]);
  });

  test('v1 clients enter no thread and receive nothing of the list', async (lab) => {
    // They have no token.
    const authorize: Authorize = (request) => request.action === 'register' || byToken(request);
    const app = await lab.app({ authorize, responder: FAST_RESPONDER });
    await app.sessions.publish('v1', 'note', 1);
    const client = lab.v1Client(app.url);
    await client.register('v1', { user_id: 'ann' });
    await until('it has the note', () => client.of('note').length === 1);
    expect(await listThreads(app.url, { token: 'ann' })).toEqual([]);
    await postJson(`${app.url}/havefun`, questionTo('v1'), {
      headers: { authorization: 'Bearer ann' },
    });
    await patchThread(app.url, 'v1', { title: 'Not for v1' }, 'ann');
    await until('it has the reply', () => client.of('run_finished').length === 1);
    expect(JSON.stringify(client.events)).not.toContain('Not for v1');
    expect(idsOf(await listThreads(app.url, { token: 'ann' }))).toEqual(['v1']);
  });
});

test('nothing of an erased thread stays in the list, or in the file', async (lab) => {
  const { store, environment } = await openWithTables({ path: await lab.folder() });
  const app = await lab.app({ store, responder: FAST_RESPONDER, authorize: byToken });
  const headers = { authorization: 'Bearer ann' };
  await postJson(`${app.url}/havefun`, questionTo('needle'), { headers });
  await postJson(`${app.url}/havefun`, questionTo('kept'), { headers });
  await patchThread(app.url, 'needle', { title: 'a needle', metadata: { needle: 1 } }, 'ann');
  const erased = await fetch(`${app.url}/threads/needle`, { method: 'DELETE', headers });
  expect(erased.status).toBe(204);
  expect(idsOf(await listThreads(app.url, { token: 'ann' }))).toEqual(['kept']);
  expect((await fetchJson(`${app.url}/threads/needle`, { token: 'ann' })).status).toBe(404);
  const places = [...environment.range('thread_list', {})].map(({ key }) => key.toString('latin1'));
  expect(places.filter((key) => key.includes('needle'))).toEqual([]);
  expect(places.filter((key) => key.includes('kept'))).toHaveLength(2);
  const records = [...environment.range('threads', {})].map(({ value }) => value.toString());
  expect(records.filter((record) => /needle|"ann"/.test(record))).toHaveLength(1);
  // The next user to write owns the new thread.
  await fetchJson(`${app.url}/threads/needle/events`, { ...NOTE, token: 'bob' });
  expect(await listThreads(app.url, { token: 'bob' })).toMatchObject([
    { thread_id: 'needle', user_id: 'bob', title: null, metadata: {}, head: 1 },
  ]);
});

test('a program lists and changes threads, and gets coded errors', async (lab) => {
  const app = await lab.app();
  const { sessions } = app;
  for (const n of [1, 2, 3]) {
    await sessions.publish(`t${n}`, 'note', n, { user_id: n === 3 ? 'bob' : 'ann' });
    await nextMillisecond();
  }
  const first = await sessions.threads({ user_id: 'ann', limit: 1 });
  expect(idsOf(first.threads)).toEqual(['t2']);
  const rest = await sessions.threads({ user_id: 'ann', cursor: first.cursor ?? '' });
  expect([idsOf(rest.threads), rest.cursor]).toEqual([['t1'], null]);
  expect(idsOf((await sessions.threads()).threads)).toEqual(['t3', 't2', 't1']);
  expect(await sessions.updateThread('t1', { title: 'One', user_id: null })).toMatchObject({
    title: 'One',
    user_id: null,
  });
  expect(await sessions.thread('never')).toBeUndefined();
  const message = { message: 'Of my own', user_id: 'eve' };
  const run = await sessions.run('own', message, async function* () {
    yield 'Hello';
  });
  await run.result();
  const own = { title: 'Of my own', user_id: 'eve', running: false };
  expect(await sessions.thread('own')).toMatchObject(own);

  const wrong = (work: Promise<unknown>) =>
    work.then(
      () => 'nothing',
      ({ code, message }) => `${code} ${message}`,
    );
  // A missing user must not list all threads.
  for (const user_id of [undefined, null]) {
    const listed = sessions.threads({ user_id: user_id as unknown as string });
    expect(await wrong(listed)).toMatch(RegExp(`^ERR_THREAD user_id is ${user_id}`));
  }
  expect(await wrong(sessions.threads({ limit: 1_000 }))).toMatch(/^ERR_THREAD .*from 1 to 200/);
  expect(await wrong(sessions.threads({ cursor: 'no' }))).toMatch(/^ERR_THREAD 'cursor'/);
  expect(await wrong(sessions.updateThread('t1', { title: 't'.repeat(1e6) }))).toMatch(
    /^ERR_THREAD 'title' must be null, or a string of 1 to 256 characters/,
  );
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  for (const metadata of [cyclic, { a: undefined }, { at: new Date() }, []]) {
    const change = sessions.updateThread('t1', { metadata: metadata as never });
    expect(await wrong(change)).toMatch(/^ERR_THREAD 'metadata' must be a JSON object/);
  }
  const large = { metadata: { a: 'x'.repeat(4_096) } };
  expect(await wrong(sessions.updateThread('t1', large))).toMatch(/^ERR_THREAD .*4104 bytes/);
  expect(await wrong(sessions.updateThread('t1', {}))).toMatch(/^ERR_THREAD .*nothing to change/);
  expect(await wrong(sessions.updateThread('never', { title: 'A' }))).toMatch(
    /^ERR_REFUSED .*\(thread_unknown\)$/,
  );
  expect(await wrong(sessions.updateThread('a b', { title: 'A' }))).toMatch(
    /^ERR_THREAD 'thread_id'/,
  );
  expect(await wrong(sessions.publish('t1', 'note', 1, { user_id: 7 as never }))).toMatch(
    /^ERR_PUBLISH user_id is a number/,
  );
  expect(await sessions.thread('t1')).toMatchObject({ title: 'One', metadata: {}, head: 1 });
  await sessions.close();
  expect(await wrong(sessions.threads())).toMatch(/^ERR_CLOSED/);
  expect(await wrong(sessions.updateThread('t1', { title: 'A' }))).toMatch(/^ERR_CLOSED/);
});
