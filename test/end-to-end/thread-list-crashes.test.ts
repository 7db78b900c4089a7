/** The list of threads across SIGKILL, and on two servers. */

import { expect } from 'vitest';
import { test } from '../support/lab.js';
import { postJson } from '../support/run-reader.js';
import { fetchJson, idsOf, listThreads, patchThread } from '../support/thread-list.js';
import { times, until } from '../support/until.js';

/** Longer than any test. */
const demo = { partsPerSecond: 20, words: 5_000 };
const question = (thread_id: string, user_id = 'ann') => ({
  thread_id,
  user_id,
  user_input: 'Why?',
  use_websocket: true,
  message_id: thread_id,
});

const runningOf = async (url: string, thread_id: string) =>
  (await listThreads(url)).find((thread) => thread.thread_id === thread_id)?.running;

test('survives SIGKILL: after the restart no thread is running', async (lab) => {
  const server = await lab.server({ demo });
  const { url } = server;
  const threads = times(3, (n) => `t${n}`);
  const replies = threads.map((thread) => postJson(`${url}/havefun`, question(thread)));
  await until('all are produced', async () => {
    const listed = await listThreads(url);
    return listed.length === 3 && listed.every(({ running, head }) => running && head > 2);
  });
  await patchThread(url, 't1', { title: 'Kept', metadata: { a: 1 } });
  const before = await listThreads(url);
  await server.kill();
  await Promise.all(replies);
  await server.restart();

  const after = await listThreads(url);
  expect([...idsOf(after)].sort()).toEqual(threads);
  for (const thread of after) {
    const former = before.find(({ thread_id }) => thread_id === thread.thread_id);
    const { title, user_id, metadata, created_at } = former ?? {};
    expect(thread).toMatchObject({ title, user_id, metadata, created_at, running: false });
    // The end that the restart wrote is activity, too.
    expect(thread.last_activity > (former?.last_activity ?? '')).toBe(true);
    expect(thread.head).toBeGreaterThan(2);
  }
  expect(after.find(({ thread_id }) => thread_id === 't1')).toMatchObject({
    title: 'Kept',
    metadata: { a: 1 },
    user_id: 'ann',
  });
});

test('is the same on two servers with one Redis, also after one is killed', async (lab) => {
  const redis = await lab.redis({ appendfsync: 'no' });
  const settings = { runLeaseMs: 60_000, sweepIntervalMs: 200 };
  const start = (node: string) => lab.server({ redis: { url: redis.url }, node, demo, settings });
  const [one, other] = await Promise.all([start('one'), start('other')]);
  const replies = [
    postJson(`${one.url}/havefun`, question('a')),
    postJson(`${other.url}/havefun`, question('b', 'bob')),
  ];
  await until('both are listed by both', async () => {
    const lists = await Promise.all([one, other].map(({ url }) => listThreads(url)));
    return lists.every((list) => list.length === 2 && list.every(({ running }) => running));
  });
  await patchThread(one.url, 'b', { title: 'Named by the other' });
  for (const { url } of [one, other]) {
    const list = await listThreads(url, { query: '&user_id=bob' });
    expect(list).toMatchObject([{ thread_id: 'b', title: 'Named by the other', running: true }]);
  }

  await one.kill();
  expect(await runningOf(other.url, 'a')).toBe(true);
  await until('its reply has ended', async () => !(await runningOf(other.url, 'a')));
  expect(idsOf(await listThreads(other.url))).toEqual(['a', 'b']);
  expect(await runningOf(other.url, 'b')).toBe(true);

  // The clean-up restores places in the list that a crash has lost.
  const lists = (await redis.call('KEYS', 'sm:list*')) as string[];
  expect(lists).toHaveLength(3);
  for (const key of lists) await redis.call('DEL', key);
  await until('they are listed again', async () => (await listThreads(other.url)).length === 2);
  expect(idsOf(await listThreads(other.url))).toEqual(['a', 'b']);

  for (const thread of ['a', 'b']) {
    const { status } = await fetchJson(`${other.url}/threads/${thread}`, { method: 'DELETE' });
    expect(status).toBe(204);
  }
  await Promise.all(replies);
  expect(await listThreads(other.url)).toEqual([]);
  expect(await redis.call('KEYS', 'sm:list*')).toEqual([]);
  const heads = (await redis.call('KEYS', 'sm:*:head')) as string[];
  for (const head of heads) {
    expect(await redis.call('HMGET', head, 'la', 'lu', 'lk', 'lt', 'lm')).toEqual(
      times(5, () => null),
    );
  }
});
