/** The contract of session records: compare and set by generation and stored secret, found by when they fall due. */

import assert from 'node:assert/strict';
import type { SessionRecord } from '../../stores/store.js';
import type { StoreTests } from './subject.js';
import { numbers } from './support.js';

const record = (session_id: string, fields: Partial<SessionRecord> = {}): SessionRecord => ({
  session_id,
  dialect: 2,
  secret: 'a-secret-of-some-length',
  thread_id: 'thread',
  user_id: null,
  instance: 'an-instance-of-some-length',
  attempt: 1,
  generation: 1,
  created_at: 1_700_000_000_000,
  node: 'node-1',
  start: 'epoch.0.0',
  position: 'epoch.0.0',
  stay: {
    connection: 'a-socket',
    transport: 'polling',
    connected_at: 1_700_000_000_000,
    active_at: 1_700_000_000_000,
    pinged_at: null,
  },
  state: 'connected',
  since: 1_700_000_000_000,
  due_at: null,
  ...fields,
});

const idsOf = (sessions: readonly SessionRecord[]) => sessions.map(({ session_id }) => session_id);

export const sessionTests: StoreTests = {
  'a record comes back as it was put': async ({ store, id, reopen }) => {
    const put = record(id, {
      user_id: 'Zoë \u2028 <b>',
      expiry: { reason: 'idle', detail: 'idle 30 min' },
      former: [{ instance: 'a-former-instance', start: 'epoch.3.tag' }],
    });
    assert.equal(await store.sessions.get(id), undefined);
    assert.equal(await store.sessions.put(put, undefined), true);
    assert.deepEqual(await store.sessions.get(id), put);
    const reopened = await reopen?.();
    if (reopened) assert.deepEqual(await reopened.sessions.get(id), put);
  },

  'a put that expects another generation is refused': async ({ store, id }) => {
    assert.equal(await store.sessions.put(record(id), record(id)), false);
    assert.equal(await store.sessions.put(record(id), undefined), true);
    assert.equal(await store.sessions.put(record(id, { generation: 2 }), undefined), false);
    assert.equal(await store.sessions.put(record(id, { generation: 2 }), record(id)), true);
    assert.equal((await store.sessions.get(id))?.generation, 2);
  },

  'of puts that race on one generation one wins': async ({ store, id }) => {
    await store.sessions.put(record(id), undefined);
    const won = await Promise.all(
      numbers(1, 20).map((n) =>
        store.sessions.put(record(id, { generation: 2, attempt: n }), record(id)),
      ),
    );
    assert.equal(won.filter(Boolean).length, 1);
    assert.equal((await store.sessions.get(id))?.attempt, won.indexOf(true) + 1);
  },

  'a write of a session that was created again since is refused': async ({ store, id }) => {
    const former = record(id, { secret: 'a-former-secret-of-some-length' });
    const current = record(id);
    assert.equal(await store.sessions.put(former, undefined), true);
    assert.equal(await store.sessions.remove(former), true);
    assert.equal(await store.sessions.put(current, undefined), true);
    assert.equal(await store.sessions.put({ ...former, state: 'disconnected' }, former), false);
    assert.equal(await store.sessions.remove(former), false);
    assert.deepEqual(await store.sessions.get(id), current);
  },

  'a write may change the stored secret, and later writes expect the new one': async ({
    store,
    id,
  }) => {
    const plain = record(id);
    const digest = record(id, { generation: 2, secret: 'sha256:salt:digest' });
    assert.equal(await store.sessions.put(plain, undefined), true);
    assert.equal(await store.sessions.put(digest, digest), false);
    assert.equal(await store.sessions.put(digest, plain), true);
    const away = { ...digest, state: 'disconnected' } as const;
    assert.equal(await store.sessions.put(away, { ...digest, secret: plain.secret }), false);
    assert.equal(await store.sessions.remove({ ...digest, secret: plain.secret }), false);
    assert.equal(await store.sessions.put(away, digest), true);
    assert.deepEqual(await store.sessions.get(id), away);
  },

  'a remove needs the generation, too': async ({ store, id }) => {
    await store.sessions.put(record(id, { generation: 3 }), undefined);
    assert.equal(await store.sessions.remove(record(id, { generation: 2 })), false);
    assert.equal(await store.sessions.remove(record(id, { generation: 3 })), true);
    assert.equal(await store.sessions.get(id), undefined);
    assert.equal(await store.sessions.put(record(id), undefined), true);
  },

  'what is due is found, oldest first, and only as long as it is due': async ({ store, id }) => {
    const due = async (wall: number, limit = 10) =>
      idsOf(await store.sessions.due(wall, limit))
        .filter((each) => each.startsWith(id))
        .map((each) => each.slice(id.length));
    await store.sessions.put(record(`${id}c`, { due_at: 300 }), undefined);
    await store.sessions.put(record(`${id}a`, { due_at: 100.5 }), undefined);
    await store.sessions.put(record(`${id}b`, { due_at: 200 }), undefined);
    await store.sessions.put(record(`${id}never`, { due_at: null }), undefined);
    assert.deepEqual(await due(100), []);
    assert.deepEqual(await due(200), ['a', 'b']);
    assert.deepEqual(await due(999, 2), ['a', 'b']);
    await store.sessions.put(record(`${id}a`, { generation: 2, due_at: 900 }), record(id));
    await store.sessions.put(record(`${id}b`, { generation: 2, due_at: null }), record(id));
    assert.deepEqual(await due(500), ['c']);
    await store.sessions.remove(record(`${id}c`));
    assert.deepEqual(await due(500), []);
    assert.deepEqual(await due(900), ['a']);
  },

  'all are listed by id, page by page': async ({ store, id }) => {
    const [a, b, c] = [`${id}.a`, `${id}.b`, `${id}.c`];
    for (const session_id of [c, a, b]) await store.sessions.put(record(session_id), undefined);
    const first = await store.sessions.list(`${id}.`, 2);
    const second = await store.sessions.list(first.at(-1)?.session_id ?? '', 1);
    assert.deepEqual(idsOf([...first, ...second]), [a, b, c]);
  },

  'connected ones are found without the others, page by page': async ({ store, id }) => {
    const { sessions } = store;
    for (const letter of ['d', 'b', 'a', 'c']) {
      const state = letter === 'b' ? 'disconnected' : 'connected';
      await sessions.put(record(`${id}.${letter}`, { state }), undefined);
    }
    await sessions.put(record(`${id}.c`, { generation: 2, state: 'expired' }), record(id));
    const first = await sessions.connected?.(`${id}.`, 1);
    if (!first) return;
    const second = await sessions.connected?.(first.at(-1)?.session_id ?? '', 1);
    assert.deepEqual(idsOf([...first, ...(second ?? [])]), [`${id}.a`, `${id}.d`]);
  },

  'those of a thread are found by id, page by page, and no others': async ({ store, id }) => {
    const thread_id = `${id}.thread`;
    for (const letter of ['c', 'a', 'd', 'b']) {
      await store.sessions.put(record(`${id}${letter}`, { thread_id }), undefined);
    }
    await store.sessions.put(record(`${id}other`, { thread_id: `${thread_id}2` }), undefined);
    await store.sessions.put(record(`${id}prefix`, { thread_id: id }), undefined);
    await store.sessions.remove(record(`${id}d`));
    const first = await store.sessions.ofThread(thread_id, '', 2);
    const second = await store.sessions.ofThread(thread_id, `${id}b`, 10);
    assert.deepEqual(idsOf([...first, ...second]), [`${id}a`, `${id}b`, `${id}c`]);
    assert.deepEqual(await store.sessions.ofThread(`${id}nobody`, '', 10), []);
  },

  'are counted by state': async ({ store, id, reopen }) => {
    const before = await store.sessions.counts();
    await store.sessions.put(record(`${id}a`), undefined);
    await store.sessions.put(record(`${id}b`), undefined);
    await store.sessions.put(record(`${id}c`, { state: 'expired' }), undefined);
    await store.sessions.put(
      record(`${id}a`, { generation: 2, state: 'disconnected' }),
      record(id),
    );
    await store.sessions.put(record(`${id}b`, { state: 'expired' }), record(id, { generation: 7 }));
    await store.sessions.remove(record(`${id}c`));
    const expected = {
      connected: before.connected + 1,
      disconnected: before.disconnected + 1,
      expired: before.expired,
    };
    assert.deepEqual(await store.sessions.counts(), expected);
    const reopened = await reopen?.();
    if (reopened) assert.deepEqual(await reopened.sessions.counts(), expected);
  },
};
