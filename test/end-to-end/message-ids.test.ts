/** Message ids of events that clients publish, over a socket and over HTTP, on each store. */

import { SessionMonitor } from '@session-monitor/client';
import { overSse } from '@session-monitor/client/sse';
import { type Authorize, createMemoryStore, type Store } from '@session-monitor/server';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import { openRedisStore } from '@session-monitor/server/redis';
import { describe, expect } from 'vitest';
import { createStorage } from '../support/client.js';
import { type Lab, test } from '../support/lab.js';
import { postJson } from '../support/run-reader.js';
import { until } from '../support/until.js';

const THREAD = 'orders';

/** The token names the user. Without one the caller has no name. */
const byToken: Authorize = ({ token }) => (token === undefined ? true : { user_id: token });

const STORES: Readonly<Record<string, (lab: Lab) => Promise<Store>>> = {
  memory: async () => createMemoryStore(),
  LMDB: async (lab) => openLmdbStore({ path: await lab.folder() }),
  async Redis(lab) {
    const { url } = await lab.redis({ appendfsync: 'no' });
    return openRedisStore({ url, waive: ['appendfsync'] });
  },
};

/** Publishes over HTTP. Resolves with the status, and the offset or the code of the refusal. */
async function post(
  url: string,
  user: string | undefined,
  body: object,
  more: Record<string, string> = {},
): Promise<readonly unknown[]> {
  const headers = { ...more, ...(user !== undefined && { authorization: `Bearer ${user}` }) };
  const { status, text } = await postJson(`${url}/threads/${THREAD}/events`, body, { headers });
  const { offset, error } = JSON.parse(text);
  return [status, offset ?? error.code];
}

const order = (item: string) => ({ event: 'order', data: { item }, message_id: 'order-1' });

describe.each(Object.entries(STORES))('on %s', (_kind, open) => {
  test("a user's key takes no event of another user, and no other event", async (lab) => {
    const app = await lab.app({ store: await open(lab), authorize: byToken });
    expect(await post(app.url, 'bob', order('tea'))).toEqual([200, 1]);
    expect(await post(app.url, 'alice', order('coffee'))).toEqual([200, 2]);
    expect(await post(app.url, 'carol', order('tea'))).toEqual([200, 3]);
    expect(await post(app.url, undefined, order('milk'))).toEqual([200, 4]);
    expect(await post(app.url, 'bob', order('tea'))).toEqual([200, 1]);
    expect(await post(app.url, 'bob', order('water'))).toEqual([422, 'message_id_reused']);
    expect(await post(app.url, undefined, order('tea'))).toEqual([422, 'message_id_reused']);
    const { event, data } = order('coffee');
    const byHeader = await post(
      app.url,
      'alice',
      { event, data },
      { 'idempotency-key': 'order-1' },
    );
    expect(byHeader).toEqual([200, 2]);
    // A program has its scope, and gets the first one's offset whatever it publishes.
    const once = { message_id: 'order-1' };
    expect(await app.sessions.publish(THREAD, 'order', 'anything', once)).toBe(4);
    expect((await app.sessions.threads()).threads).toMatchObject([{ user_id: 'bob', head: 4 }]);
  });

  test('a socket and HTTP have one scope for one user', async (lab) => {
    const app = await lab.app({ store: await open(lab), authorize: byToken });
    const alice = await lab.liveClient(app.url, { thread_id: THREAD, token: 'alice' });
    const bob = await lab.liveClient(app.url, { thread_id: THREAD, token: 'bob' });
    const named = { message_id: 'order-1' };
    expect(await alice.monitor.send('order', { item: 'tea' }, named)).toBe(1);
    expect(await bob.monitor.send('order', { item: 'coffee' }, named)).toBe(2);
    expect(await post(app.url, 'alice', order('tea'))).toEqual([200, 1]);
    expect(await alice.monitor.send('order', { item: 'tea' }, named)).toBe(1);
    await expect(alice.monitor.send('order', { item: 'milk' }, named)).rejects.toThrow(
      /message_id_reused/,
    );
  });

  test('an event that an earlier version has stored is not published again', async (lab) => {
    const app = await lab.app({ store: await open(lab), authorize: byToken });
    // It stored the message id as it was given, for all users.
    const earlier = { message_id: 'order-1', user_id: 'alice' };
    expect(await app.sessions.publish(THREAD, 'order', { item: 'tea' }, earlier)).toBe(1);
    expect(await post(app.url, 'alice', order('tea'))).toEqual([200, 1]);
    const alice = await lab.liveClient(app.url, { thread_id: THREAD, token: 'alice' });
    expect(await alice.monitor.send('order', { item: 'tea' }, { message_id: 'order-1' })).toBe(1);
  });
});

test('an event whose answer was lost is repeated by the next page over server-sent events, and is published once', async (lab) => {
  const { app, proxy } = await lab.proxiedApp();
  const storage = createStorage();
  const page = { thread_id: THREAD, user_id: 'alice', storage };
  const before = await lab.liveClient(proxy.url, page);
  // The event arrives, its answer does not.
  proxy.stall();
  void before.monitor.send('order', { item: 'tea' });
  await until('it is stored', async () => (await app.sessions.threads()).threads.length === 1);
  before.close();
  proxy.unstall();
  const monitor = new SessionMonitor(overSse(app.url), page).start();
  lab.defer(() => monitor.stop());
  expect(await monitor.send('order', { item: 'milk' })).toBe(2);
  const { threads } = await app.sessions.threads();
  expect(threads).toMatchObject([{ thread_id: THREAD, user_id: 'alice', head: 2 }]);
});
