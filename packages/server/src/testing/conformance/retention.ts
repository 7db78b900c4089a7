/** The contract of trimming: old batches go, offsets and the base's tag stay. */

import assert from 'node:assert/strict';
import type { StoreTests } from './subject.js';
import { append, appended, encode, names, numbers, readAll } from './support.js';

const HOUR_MS = 3_600_000;

export const retentionTests: StoreTests = {
  'by count, the newest stay': async ({ store, id }) => {
    for (const n of numbers(1, 10)) await append(store, id, [`${n}`]);
    assert.deepEqual(await store.logs.trim(id, { maxEvents: 4 }, 100), { base: 6, more: false });
    assert.deepEqual(names(await readAll(store.logs, id)), ['7', '8', '9', '10']);
    const head = await store.logs.head(id);
    assert.deepEqual([head?.base, head?.offset], [6, 10]);
  },

  'by age, only what is old goes': async ({ store, id, advance }) => {
    await append(store, id, ['old']);
    advance(2 * HOUR_MS);
    await append(store, id, ['new']);
    assert.equal((await store.logs.trim(id, { maxAgeMs: HOUR_MS }, 100)).base, 1);
    assert.deepEqual(names(await readAll(store.logs, id)), ['new']);
  },

  'by bytes, a batch goes once the ones after it fill the limit': async ({ store, id }) => {
    for (const n of numbers(1, 10)) await append(store, id, [`${n}`.padEnd(50, 'x')]);
    await store.logs.trim(id, { maxBytes: 200 }, 100);
    const sizes = (await readAll(store.logs, id)).map(({ name }) => encode(name).length);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(bytes >= 200, `kept only ${bytes} bytes`);
    assert.ok(bytes - (sizes[0] ?? 0) < 200, `kept ${bytes} bytes`);
    assert.equal((await store.logs.head(id))?.offset, 10);
  },

  'a log that was appended to is taken once': async ({ store, id }) => {
    const taken = (limit: number) =>
      store.logs.takeChanged(limit).filter((each) => each.startsWith(id));
    taken(1_000_000);
    await store.logs.open(`${id}.empty`);
    for (const letter of ['b', 'a', 'c', 'b']) await append(store, `${id}.${letter}`, ['e']);
    assert.deepEqual(taken(2), [`${id}.b`, `${id}.a`]);
    await append(store, `${id}.a`, ['e'], { message_id: 'm' });
    assert.deepEqual(taken(10), [`${id}.c`, `${id}.a`]);
    await append(store, `${id}.a`, ['e'], { message_id: 'm' });
    assert.deepEqual(taken(10), []);
  },

  'no limit, nothing goes': async ({ store, id }) => {
    await append(store, id, ['a']);
    assert.deepEqual(await store.logs.trim(id, {}, 100), { base: 0, more: false });
  },

  'a trim stops after maxBatches and says so': async ({ store, id }) => {
    for (const n of numbers(1, 10)) await append(store, id, [`${n}`]);
    assert.deepEqual(await store.logs.trim(id, { maxEvents: 2 }, 3), { base: 3, more: true });
    assert.equal((await store.logs.trim(id, { maxEvents: 2 }, 100)).base, 8);
  },

  'the base keeps its tag, what lies before has none': async ({ store, id }) => {
    for (const n of numbers(1, 5)) await append(store, id, [`${n}`]);
    const { tag } = await store.logs.locate(id, 3);
    await store.logs.trim(id, { maxEvents: 2 }, 100);
    assert.equal((await store.logs.locate(id, 3)).tag, tag);
    assert.equal((await store.logs.locate(id, 2)).tag, undefined);
    assert.equal((await store.logs.locate(id, 0)).tag, undefined);
  },

  'a read before the base begins with what is kept': async ({ store, id }) => {
    for (const n of numbers(1, 5)) await append(store, id, [`${n}`]);
    await store.logs.trim(id, { maxEvents: 2 }, 100);
    const { head, batches } = await store.logs.read(id, 1, { maxBytes: 1_000 });
    assert.equal(head.base, 3);
    assert.equal(batches[0]?.first, 4);
  },

  'a log that is trimmed up to its head has nothing for a reader before it': async ({
    store,
    id,
  }) => {
    for (const n of numbers(1, 5)) await append(store, id, [`${n}`]);
    assert.equal((await store.logs.trim(id, { maxEvents: 0 }, 100)).base, 5);
    for (const after of [0, 3, 5]) {
      const { head, batches } = await store.logs.read(id, after, { maxBytes: 1_000 });
      assert.deepEqual([head.base, head.offset, batches], [5, 5, []]);
    }
  },

  'a thread that lost all its events goes on with its offsets': async ({
    store,
    id,
    advance,
    reopen,
  }) => {
    await append(store, id, ['a', 'b'], { message_id: 'm' });
    const { tag } = await store.logs.locate(id, 2);
    advance(2 * HOUR_MS);
    await store.logs.trim(id, { maxAgeMs: HOUR_MS }, 100);
    const reopened = (await reopen?.()) ?? store;
    const head = await reopened.logs.open(id);
    assert.deepEqual([head.offset, head.base, head.tag], [2, 2, tag]);
    const again = appended(await append(reopened, id, ['c'], { message_id: 'm' }));
    assert.equal(again.first, 3);
    assert.deepEqual(names(await readAll(reopened.logs, id, 2)), ['c']);
  },

  'trims, reads and appends in a race leave no hole': async ({ store, id }) => {
    const reads: Promise<void>[] = [];
    const check = async (after: number) => {
      const { head, batches } = await store.logs.read(id, after, { maxBytes: 1_000_000 });
      const first = batches[0];
      if (first) assert.ok(first.first <= Math.max(after, head.base) + 1, 'a hole was read');
      batches.slice(1).forEach((batch, index) => {
        assert.equal(batch.first, (batches[index]?.last ?? 0) + 1);
      });
    };
    await Promise.all(
      numbers(1, 60).map(async (n) => {
        await append(store, id, [`${n}`]);
        reads.push(check(0), check(Math.max(0, n - 10)));
        if (n % 7 === 0) await store.logs.trim(id, { maxEvents: 5 }, 3);
        reads.push(check(0));
      }),
    );
    await Promise.all(reads);
    assert.equal((await store.logs.head(id))?.offset, 60);
  },
};
