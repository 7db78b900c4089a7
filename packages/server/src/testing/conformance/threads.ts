/** The contract of the list of threads: its entries, their order, and their end. */

import assert from 'node:assert/strict';
import type {
  NewRun,
  Store,
  ThreadEntry,
  ThreadListQuery,
  ThreadPlace,
} from '../../stores/store.js';
import type { StoreTests } from './subject.js';
import { append, newRun, numbers } from './support.js';

/** Reads the whole list in pages of two, without the threads of other tests on a shared database. */
async function listAll(
  store: Store,
  id: string,
  query: Partial<ThreadListQuery> = {},
): Promise<readonly ThreadEntry[]> {
  const entries: ThreadEntry[] = [];
  for (let after = query.after; ; ) {
    const page = await store.threads.list({ limit: 2, ...query, ...(after && { after }) });
    entries.push(...page);
    after = page.at(-1);
    if (!after || page.length < (query.limit ?? 2)) break;
  }
  return entries.filter(({ thread_id }) => thread_id.startsWith(id));
}

const idsOf = (entries: readonly ThreadPlace[]): readonly string[] =>
  entries.map(({ thread_id }) => thread_id);

const active = { active: true } as const;

/** Begins a run on a thread as a server does. */
const begin = (store: Store, run: NewRun, user_id?: string) =>
  append(store, run.log_id, ['begin'], {
    fence: { run_id: run.run_id, token: 1, start: run },
    ...(run.log_id === run.thread_id && { touch: { ...active, ...(user_id && { user_id }) } }),
  });

const end = (store: Store, { run_id, log_id }: NewRun) =>
  append(store, log_id, ['end'], {
    fence: { run_id, token: 1, finish: 'completed' },
    touch: active,
  });

export const threadTests: StoreTests = {
  'an append enters a thread if it says so': async ({ store, id, reopen }) => {
    await append(store, `${id}.a`, ['1']);
    assert.deepEqual(await listAll(store, id), []);
    assert.equal(await store.threads.get(`${id}.a`), undefined);
    await append(store, `${id}.a`, ['2', '3'], { touch: { user_id: 'ann', title: 'First' } });
    const reopened = (await reopen?.()) ?? store;
    const entry = await reopened.threads.get(`${id}.a`);
    assert.ok(entry && Number.isInteger(entry.last_activity));
    assert.equal(entry.created_at, entry.last_activity);
    assert.deepEqual(entry, {
      thread_id: `${id}.a`,
      title: 'First',
      user_id: 'ann',
      metadata: {},
      created_at: entry.created_at,
      last_activity: entry.last_activity,
      head: 3,
      running: false,
    });
    assert.deepEqual(await listAll(reopened, id), [entry]);
    await append(reopened, `${id}.a`, ['4']);
    assert.deepEqual(await listAll(reopened, id), [{ ...entry, head: 4 }]);
  },

  'the newest activity is first, and only an active touch moves a thread': async ({
    store,
    id,
    advance,
    reopen,
  }) => {
    const [a, b, c] = [`${id}.a`, `${id}.b`, `${id}.c`];
    for (const thread_id of [a, b, c]) {
      await append(store, thread_id, ['1'], { touch: {} });
      advance(1_000);
    }
    assert.deepEqual(idsOf(await listAll(store, id)), [c, b, a]);
    const [, , first] = await listAll(store, id);
    await append(store, a, ['2'], { touch: {} });
    await append(store, a, ['3']);
    assert.deepEqual(idsOf(await listAll(store, id)), [c, b, a]);
    await append(store, a, ['4'], { touch: active });
    const reopened = (await reopen?.()) ?? store;
    assert.deepEqual(idsOf(await listAll(reopened, id)), [a, c, b]);
    const [moved] = await listAll(reopened, id);
    assert.equal(moved?.created_at, first?.created_at);
    assert.equal(moved?.last_activity, (first?.last_activity ?? 0) + 3_000);
  },

  'a clock that is set back moves no thread back': async ({ store, id, advance }) => {
    await append(store, id, ['1'], { touch: active });
    const before = await store.threads.get(id);
    advance(-5_000);
    await append(store, id, ['2'], { touch: active });
    assert.equal((await store.threads.get(id))?.last_activity, before?.last_activity);
    assert.deepEqual(idsOf(await listAll(store, id)), [id]);
  },

  'the first owner stays, and so does the first title': async ({ store, id }) => {
    await append(store, id, ['1'], { touch: active });
    assert.equal((await store.threads.get(id))?.user_id, null);
    await append(store, id, ['2'], { touch: { user_id: 'ann', title: 'First' } });
    await append(store, id, ['3'], { touch: { ...active, user_id: 'bob', title: 'Second' } });
    const entry = await store.threads.get(id);
    assert.deepEqual([entry?.user_id, entry?.title], ['ann', 'First']);
    assert.deepEqual(idsOf(await listAll(store, id, { user_id: 'ann' })), [id]);
    assert.deepEqual(await listAll(store, id, { user_id: 'bob' }), []);
    await store.threads.update(id, { title: null });
    await append(store, id, ['4'], { touch: { title: 'Third' } });
    assert.equal((await store.threads.get(id))?.title, null);
  },

  'one of several racing users becomes the owner': async ({ store, id }) => {
    const users = numbers(1, 8).map((n) => `${id}-user-${n}`);
    await Promise.all(
      users.map((user_id) => append(store, id, ['1'], { touch: { ...active, user_id } })),
    );
    const owner = (await store.threads.get(id))?.user_id;
    for (const user_id of users) {
      const listed = idsOf(await listAll(store, id, { user_id }));
      assert.deepEqual(listed, user_id === owner ? [id] : []);
    }
    assert.ok(owner && users.includes(owner));
  },

  'an append that writes nothing changes nothing in the list': async ({ store, id }) => {
    const touch = { ...active, user_id: 'ann' };
    const fence = { run_id: `never-${id}`, token: 1 };
    assert.equal((await append(store, id, ['1'], { fence, touch })).outcome, 'fenced');
    assert.equal(await store.threads.get(id), undefined);
    await append(store, id, ['1'], { message_id: 'm' });
    assert.equal((await append(store, id, ['1'], { message_id: 'm', touch })).outcome, 'duplicate');
    assert.equal(await store.threads.get(id), undefined);
    assert.deepEqual(await listAll(store, id), []);
  },

  'a thread is running while a run on its log is open': async ({ store, id, reopen }) => {
    const [run, other] = [newRun(id), newRun(id, { run_id: `other-${id}` })];
    const hidden = newRun(id, { run_id: `private-${id}`, log_id: `${id}~run.private-${id}` });
    const running = async (from: Store) => {
      const [listed] = await listAll(from, id);
      assert.equal(listed?.running, (await from.threads.get(id))?.running);
      return listed?.running;
    };
    await begin(store, hidden);
    assert.equal(await store.threads.get(id), undefined);
    await begin(store, run);
    assert.equal(await running(store), true);
    await begin(store, other);
    await end(store, run);
    const reopened = (await reopen?.()) ?? store;
    assert.equal(await running(reopened), true);
    await reopened.runs.takeOver(other);
    assert.equal(await running(reopened), true);
    const fence = { run_id: other.run_id, token: 2, finish: 'interrupted' as const };
    await append(reopened, id, ['end'], { fence, touch: active });
    assert.equal(await running(reopened), false);
    assert.equal((await listAll(reopened, id)).length, 1);
    await reopened.runs.start(newRun(id, { run_id: `started-${id}` }));
    assert.equal(await running(reopened), true);
  },

  'title, metadata and owner are changed, the rest stays': async ({
    store,
    id,
    reopen,
    advance,
  }) => {
    assert.equal(await store.threads.update(id, { title: 'Nothing there' }), undefined);
    await store.logs.open(id);
    assert.equal(await store.threads.update(id, { title: 'Still nothing' }), undefined);
    assert.equal(await store.threads.get(id), undefined);
    await append(store, id, ['1']);
    const entered = await store.threads.update(id, { title: 'An app entered it' });
    const shown = [entered?.title, entered?.user_id, entered?.head];
    assert.deepEqual(shown, ['An app entered it', null, 1]);
    advance(1_000);
    const metadata = { folder: 'ü', tags: ['a', { b: null }], n: 1.5 };
    const changed = await store.threads.update(id, { metadata, user_id: 'ann' });
    assert.deepEqual(changed, { ...entered, metadata, user_id: 'ann' });
    assert.deepEqual(idsOf(await listAll(store, id, { user_id: 'ann' })), [id]);
    await store.threads.update(id, { user_id: 'bob', metadata: {} });
    const reopened = (await reopen?.()) ?? store;
    assert.deepEqual(await listAll(reopened, id, { user_id: 'ann' }), []);
    const bobs = { ...entered, metadata: {}, user_id: 'bob' };
    assert.deepEqual(await listAll(reopened, id, { user_id: 'bob' }), [bobs]);
    await reopened.threads.update(id, { user_id: null, title: null });
    assert.deepEqual(await listAll(reopened, id, { user_id: 'bob' }), []);
    assert.deepEqual(await listAll(reopened, id), [{ ...bobs, title: null, user_id: null }]);
  },

  'pages hold each thread once when many share a millisecond': async ({ store, id, advance }) => {
    const at = (n: number) => `${id}.${String(n).padStart(3, '0')}`;
    await Promise.all(numbers(1, 60).map((n) => append(store, at(n), ['1'], { touch: {} })));
    advance(10);
    await append(store, at(0), ['1'], { touch: {} });
    for (const limit of [1, 7, 25, 200]) {
      const listed = idsOf(await listAll(store, id, { limit }));
      assert.deepEqual(listed, [at(0), ...numbers(1, 60).map(at).reverse()], `limit ${limit}`);
    }
  },

  'pages show each thread that stays once while others move': async ({ store, id, advance }) => {
    const at = (n: number) => `${id}.${n}`;
    for (const n of numbers(1, 9)) {
      await append(store, at(n), ['1'], { touch: { user_id: `${id}-ann` } });
      advance(10);
    }
    const seen: string[] = [];
    let after: ThreadPlace | undefined;
    for (const moved of [9, 8, 2, 5, 1]) {
      const query = { user_id: `${id}-ann`, limit: 2, ...(after && { after }) };
      const page: readonly ThreadEntry[] = await store.threads.list(query);
      seen.push(...idsOf(page));
      after = page.at(-1);
      await append(store, at(moved), ['2'], { touch: active });
      advance(10);
    }
    const still = [7, 6, 4, 3].map(at);
    const seenStill = seen.filter((thread_id) => still.includes(thread_id));
    assert.deepEqual(seenStill, still);
    assert.equal(new Set(seen).size, seen.length);
  },

  'any text names one owner': async ({ store, id }) => {
    const long = ['a'.repeat(3_000), 'a'.repeat(2_999)];
    const strange = ['', ' ', ...long, 'ü{漢}', 'a\0b', '\ud800', 'a:b'];
    const owners = strange.map((text) => (text === '' ? '' : `${id}${text}`));
    for (const [n, user_id] of owners.entries()) {
      await append(store, `${id}.${n}`, ['1'], { touch: { user_id, title: `${n} \ud800` } });
    }
    for (const [n, user_id] of owners.entries()) {
      const listed = await listAll(store, id, { user_id });
      assert.deepEqual(
        listed.map((entry) => [entry.thread_id, entry.user_id, entry.title]),
        [[`${id}.${n}`, user_id, `${n} \ud800`]],
      );
    }
    assert.equal((await listAll(store, id)).length, owners.length);
  },

  'an erased thread leaves the list, and its next entry has no owner': async ({
    store,
    id,
    reopen,
  }) => {
    const [kept, gone] = [`${id}.kept`, `${id}.gone`];
    const touch = { user_id: `${id}-ann`, title: 'A' };
    for (const thread_id of [kept, gone]) await append(store, thread_id, ['1'], { touch });
    await store.threads.update(gone, { metadata: { secret: true } });
    await store.logs.delete(gone);
    const check = async (from: Store) => {
      assert.equal(await from.threads.get(gone), undefined);
      assert.deepEqual(idsOf(await listAll(from, id)), [kept]);
      assert.deepEqual(idsOf(await listAll(from, id, { user_id: `${id}-ann` })), [kept]);
    };
    await check(store);
    assert.equal(await store.threads.update(gone, { title: 'B' }), undefined);
    const reopened = (await reopen?.()) ?? store;
    await check(reopened);
    await append(reopened, gone, ['1'], { touch: {} });
    const entry = await reopened.threads.get(gone);
    assert.deepEqual([entry?.title, entry?.user_id, entry?.metadata], [null, null, {}]);
    await reopened.logs.forget(gone);
    await check(reopened);
  },

  'a thread that forgetIdle removes leaves the list': async ({ store, id, advance, reopen }) => {
    await append(store, id, ['1'], { touch: { user_id: `${id}-ann` } });
    const later = Date.now() + 3_600_000;
    assert.equal(await store.logs.forgetIdle(id, later), false);
    assert.deepEqual(idsOf(await listAll(store, id, { user_id: `${id}-ann` })), [id]);
    advance(1_000);
    await store.logs.trim(id, { maxAgeMs: 1 }, 100);
    assert.deepEqual(idsOf(await listAll(store, id)), [id]);
    const reopened = (await reopen?.()) ?? store;
    assert.equal(await reopened.logs.forgetIdle(id, later), true);
    assert.equal(await reopened.threads.get(id), undefined);
    assert.deepEqual(await listAll(reopened, id), []);
    assert.deepEqual(await listAll(reopened, id, { user_id: `${id}-ann` }), []);
  },

  'list and entries agree after erasures, activity and changes race': async ({ store, id }) => {
    const at = (n: number) => `${id}.${n % 4}`;
    await Promise.all(
      numbers(1, 80).map(async (n) => {
        const user_id = `${id}-user-${n % 3}`;
        await append(store, at(n), ['1'], { touch: { ...active, user_id } });
        if (n % 9 === 0) await store.logs.delete(at(n));
        if (n % 7 === 0) await store.threads.update(at(n), { user_id, metadata: { n } });
        await listAll(store, id);
      }),
    );
    await store.threads.mend?.(numbers(0, 3).map(at));
    const entries = await Promise.all(numbers(0, 3).map((n) => store.threads.get(at(n))));
    const there = entries.filter((entry) => entry !== undefined);
    const listed = await listAll(store, id);
    assert.deepEqual(new Set(listed), new Set(there));
    for (const user of numbers(0, 2).map((n) => `${id}-user-${n}`)) {
      const owned = await listAll(store, id, { user_id: user });
      const expected = there.filter(({ user_id }) => user_id === user);
      assert.deepEqual(new Set(idsOf(owned)), new Set(idsOf(expected)));
    }
  },

  'two stores on the same data show the same list': async ({ store, id, another, advance }) => {
    const other = await another?.();
    if (!other) return;
    await append(store, `${id}.a`, ['1'], { touch: { user_id: `${id}-ann` } });
    advance(10);
    await append(other, `${id}.b`, ['1'], { touch: { user_id: `${id}-ann` } });
    advance(10);
    await begin(other, newRun(`${id}.a`));
    const [one, two] = [await listAll(store, id), await listAll(other, id)];
    assert.deepEqual(one, two);
    assert.deepEqual(
      one.map(({ thread_id, running }) => [thread_id, running]),
      [
        [`${id}.a`, true],
        [`${id}.b`, false],
      ],
    );
    await store.logs.delete(`${id}.a`);
    assert.deepEqual(idsOf(await listAll(other, id)), [`${id}.b`]);
  },
};
