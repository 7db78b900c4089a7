/** What one user may do over time, over sockets and HTTP; other users notice nothing. */

import type { Authorize } from '@session-monitor/server';
import { openRedisStore } from '@session-monitor/server/redis';
import { io } from 'socket.io-client';
import { expect } from 'vitest';
import { QUICK } from '../support/client.js';
import { jsonPost } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';
import { publicApp } from '../support/public-app.js';
import { range, until } from '../support/until.js';

const THREAD = 'shared';
/** The token names the user. */
const authorize: Authorize = ({ token = 'guest' }) => ({ user_id: token });

const as = (user: string) => ({ authorization: `Bearer ${user}` });
const publish = (url: string, user: string, data: unknown) =>
  fetch(`${url}/threads/${THREAD}/events`, jsonPost({ event: 'note', data }, as(user)));

/** Follows a thread by server-sent events until the test ends, or until it is aborted. */
async function stream(lab: Lab, url: string, user: string, since = 'now') {
  const controller = new AbortController();
  lab.defer(() => controller.abort());
  const { signal } = controller;
  const answer = await fetch(`${url}/threads/${THREAD}/events?since=${since}`, {
    headers: as(user),
    signal,
  });
  return { status: answer.status, headers: answer.headers, close: () => controller.abort() };
}

/** A socket that registers and leaves as its owner likes. */
async function registrant(lab: Lab, url: string, token: string) {
  const socket = io(url, { ...QUICK, transports: ['websocket'], reconnection: false });
  lab.defer(() => socket.disconnect());
  await until('connected', () => socket.connected);
  let attempt = 0;
  return async (thread_id: string, stays = false) => {
    attempt += 1;
    const instance = 'x'.repeat(22);
    const message = { protocol: 2, thread_id, instance, attempt, token };
    const receipt = await socket.emitWithAck('register_session', message);
    if (!receipt.ok) return receipt.error;
    const { session_id, generation } = receipt;
    if (!stays) socket.emit('leave_session', { session_id, generation });
    return 'ok';
  };
}

test('one socket cannot leave any number of sessions behind', async (lab) => {
  const limits = { sessionsPerUser: 5 };
  const { app, url, hits } = await publicApp(lab, limits, { authorize });
  const alice = await registrant(lab, url, 'alice');
  const answers = [await alice('kept', true)];
  for (const n of range(2, 8)) answers.push(await alice(`t${n}`));
  expect(answers.slice(0, 5)).toEqual(Array(5).fill('ok'));
  expect(answers[5]).toMatchObject({ code: 'limit_reached', retryable: true });
  expect(answers[5].retry_after_ms).toBeGreaterThan(1_000);
  // A session that is there already is no new one.
  expect(await alice('kept')).toBe('ok');
  const bob = await registrant(lab, url, 'bob');
  expect(await bob('t1')).toBe('ok');
  expect(hits()).toEqual(['sessionsPerUser']);
  await until('left', () => app.sessions.stats().sessions === 0);
});

test('registrations of a user have a rate, and a monitor waits for it', async (lab) => {
  const { url, hits } = await publicApp(lab, { registrationsPerSecond: 2 }, { authorize });
  const alice = await registrant(lab, url, 'alice');
  const answers = await Promise.all(range(1, 60).map((n) => alice(`t${n}`)));
  expect(answers.filter((answer) => answer !== 'ok').length).toBeGreaterThan(10);
  const token = () => 'alice';
  // It says that it waits, and goes on.
  const client = await lab.liveClient(url, { thread_id: THREAD, token });
  expect(client.errors.every((error) => error.startsWith('limit_reached'))).toBe(true);
  expect(hits()).toEqual(['registrationsPerSecond']);
});

test('threads that a user creates have the same rate', async (lab) => {
  const { url, hits } = await publicApp(lab, { registrationsPerSecond: 1 }, { authorize });
  const create = (user: string, n: number) =>
    fetch(`${url}/threads/t${n}`, { method: 'PUT', headers: as(user) });
  const answers = await Promise.all(range(1, 40).map((n) => create('alice', n)));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThanOrEqual(15);
  expect(await refused[0]?.json()).toMatchObject({ error: { code: 'limit_reached' } });
  expect((await create('bob', 1)).status).toBe(204);
  expect(hits()).toEqual(['registrationsPerSecond']);
});

test('events of a user over HTTP have a rate, and the answer says when to go on', async (lab) => {
  const { url, hits } = await publicApp(lab, { eventsPerSecond: 2 }, { authorize });
  const answers = await Promise.all(range(1, 30).map((n) => publish(url, 'alice', n)));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(10);
  expect(Object.fromEntries(refused[0]?.headers ?? [])).toMatchObject({
    'ratelimit-policy': '"eventsPerSecond";q=10;w=5',
    ratelimit: expect.stringMatching(/^"eventsPerSecond";r=0;t=\d+$/),
    'retry-after': expect.stringMatching(/^\d+$/),
  });
  expect(await refused[0]?.json()).toMatchObject({ error: { code: 'limit_reached' } });
  expect((await publish(url, 'bob', 1)).status).toBe(200);
  expect(hits()).toEqual(['eventsPerSecond']);
});

test('a monitor that sends too many events sends all of them, in order', async (lab) => {
  const { url, hits } = await publicApp(lab, { eventsPerSecond: 2 }, { authorize });
  const token = () => 'alice';
  const client = await lab.liveClient(url, { thread_id: THREAD, token });
  const seen: unknown[] = [];
  client.monitor.on('note', (n) => seen.push(n));
  const offsets = await Promise.all(range(1, 16).map((n) => client.monitor.send('note', n)));
  expect(offsets).toEqual(range(1, 16));
  await until('all are seen', () => seen.length === 16);
  expect(seen).toEqual(range(1, 16));
  expect(hits()).toEqual(['eventsPerSecond']);
});

test('the bytes of a user have a rate', async (lab) => {
  const { url, hits } = await publicApp(lab, { eventBytesPerSecond: 1_000 }, { authorize });
  const large = 'x'.repeat(9_000);
  expect((await publish(url, 'alice', large)).status).toBe(200);
  const refused = await publish(url, 'alice', 1);
  expect([refused.status, refused.headers.get('ratelimit-policy')]).toEqual([
    429,
    '"eventBytesPerSecond";q=5000;qu="content-bytes";w=5',
  ]);
  expect((await publish(url, 'bob', large)).status).toBe(200);
  expect(hits()).toEqual(['eventBytesPerSecond']);
});

test('a user has so many streams open', async (lab) => {
  const { url, hits } = await publicApp(lab, { streamsPerUser: 2 }, { authorize });
  const [first] = [await stream(lab, url, 'alice'), await stream(lab, url, 'alice')];
  const refused = await stream(lab, url, 'alice');
  expect([refused.status, refused.headers.get('ratelimit-policy')]).toEqual([
    429,
    '"streamsPerUser";q=2;qu="concurrent-requests"',
  ]);
  expect((await stream(lab, url, 'bob')).status).toBe(200);
  first.close();
  await until('there is room', async () => (await stream(lab, url, 'alice')).status === 200);
  expect(hits()).toEqual(['streamsPerUser']);
});

test('a user may ask for so many replays', async (lab) => {
  const { url, hits } = await publicApp(lab, { resumesPerMinute: 3 }, { authorize });
  const statuses = [];
  for (const _ of range(1, 5)) statuses.push((await stream(lab, url, 'alice', 'start')).status);
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
  expect((await stream(lab, url, 'bob', 'start')).status).toBe(200);
  expect(hits()).toEqual(['resumesPerMinute']);
});

test('in development the programs of this machine are not counted', async (lab) => {
  const limits = { eventsPerSecond: 1, sessionsPerUser: 1 };
  const { url, hits } = await publicApp(lab, limits, { authorize, mode: 'development' });
  const answers = await Promise.all(range(1, 30).map((n) => publish(url, 'alice', n)));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  const alice = await registrant(lab, url, 'alice');
  for (const n of range(1, 5)) expect(await alice(`t${n}`)).toBe('ok');
  expect(hits()).toEqual([]);
});

test('nodes on one store count together', async (lab) => {
  const redis = await lab.redis({ appendfsync: 'no' });
  const node = async () => {
    const store = await openRedisStore({ url: redis.url, waive: ['appendfsync'] });
    return publicApp(lab, { resumesPerMinute: 20 }, { authorize, store });
  };
  const [one, other] = [await node(), await node()];
  for (const _ of range(1, 15)) expect((await stream(lab, one.url, 'alice')).status).toBe(200);
  for (const _ of range(1, 10)) expect((await stream(lab, other.url, 'alice')).status).toBe(200);
  // Each has room, by itself; both together have not. A node has it from the next answer of Redis.
  const refuses = async () => {
    const { status, headers } = await stream(lab, other.url, 'alice');
    return status === 429 && Number(headers.get('retry-after')) > 10;
  };
  await until('the other node refuses', refuses, { everyMs: 200 });
  expect((await stream(lab, other.url, 'bob')).status).toBe(200);
});
