/** The contract of logs: dense offsets, atomic appends, once per message id, epochs. */

import assert from 'node:assert/strict';
import { NO_TAG } from '@session-monitor/protocol';
import type { AppendMark } from '../../stores/store.js';
import type { StoreTests } from './subject.js';
import { append, appended, encode, eventsOf, names, numbers, offsets, readAll } from './support.js';

export const logTests: StoreTests = {
  'open creates a thread once': async ({ store, id }) => {
    assert.equal(await store.logs.head(id), undefined);
    const [first, second] = await Promise.all([store.logs.open(id), store.logs.open(id)]);
    assert.deepEqual(first, second);
    assert.deepEqual(await store.logs.head(id), first);
    assert.deepEqual([first.offset, first.tag, first.base], [0, NO_TAG, 0]);
  },

  'offsets are dense and follow the order of the calls': async ({ store, id }) => {
    const outcomes = await Promise.all(
      numbers(1, 200).map((n) => append(store, id, n % 3 === 0 ? [`${n}a`, `${n}b`] : [`${n}`])),
    );
    let next = 1;
    for (const outcome of outcomes.map(appended)) {
      assert.equal(outcome.first, next);
      next = outcome.last + 1;
    }
    const events = await readAll(store.logs, id);
    assert.deepEqual(offsets(events), numbers(1, next - 1));
    assert.deepEqual(
      names(events),
      numbers(1, 200).flatMap((n) => (n % 3 === 0 ? [`${n}a`, `${n}b`] : [`${n}`])),
    );
  },

  'bytes come back as they were appended': async ({ store, id }) => {
    const data = {
      text: 'é\u2028"\\\n漢字 👩‍🔬',
      deep: [[{ n: -1.5e-9 }]],
      big: 'x'.repeat(200_000),
    };
    await store.logs.append(id, [encode('a', data), encode('b', '')]);
    const { batches } = await store.logs.read(id, 0, { maxBytes: 1 });
    const batch = batches[0];
    assert.ok(batch);
    const text = `[${batch.payload.toString('utf8')}]`;
    assert.deepEqual(JSON.parse(text), [
      ['a', data],
      ['b', ''],
    ]);
  },

  'an observer learns of durable events, and of no repeated one': async ({ store, id }) => {
    const seen = { events: 0, bytes: 0 };
    const stop = store.observe?.({
      appended(events, bytes) {
        seen.events += events;
        seen.bytes += bytes;
      },
      committed: (ms, bytes) => assert.ok(ms >= 0 && bytes >= 0),
    });
    // A store need not count.
    if (!stop) return;
    await append(store, id, ['one'], { message_id: 'm' });
    assert.deepEqual(seen, { events: 1, bytes: encode('one').length });
    await append(store, id, ['one'], { message_id: 'm' });
    await append(store, id, ['two', 'three']);
    assert.equal(seen.events, 3);
    stop();
    await append(store, id, ['four']);
    assert.equal(seen.events, 3);
  },

  'a read returns at least one batch, then stops at its limit': async ({ store, id }) => {
    for (const n of numbers(1, 20)) await append(store, id, [`${n}`.repeat(10)]);
    const small = await store.logs.read(id, 0, { maxBytes: 1 });
    assert.equal(small.batches.length, 1);
    const inSteps = await readAll(store.logs, id, 0, 60);
    assert.deepEqual(inSteps, await readAll(store.logs, id));
    assert.deepEqual((await store.logs.read(id, 20, { maxBytes: 1_000 })).batches, []);
    assert.deepEqual((await store.logs.read(id, 99, { maxBytes: 1_000 })).batches, []);
  },

  'a read from inside a batch returns the batch that holds the next offset': async ({
    store,
    id,
  }) => {
    await append(store, id, ['a', 'b', 'c', 'd']);
    await append(store, id, ['e']);
    const { batches } = await store.logs.read(id, 2, { maxBytes: 1 });
    assert.deepEqual(offsets(batches.flatMap(eventsOf)), [1, 2, 3, 4]);
    assert.deepEqual(names(await readAll(store.logs, id, 2)), ['c', 'd', 'e']);
  },

  'every offset has the tag of its batch, and no two batches share one': async ({ store, id }) => {
    for (const size of [1, 3, 1, 2, 5]) {
      const batch = numbers(1, size).map((n) => `${size}.${n}`);
      await append(store, id, batch);
    }
    const { batches, head } = await store.logs.read(id, 0, { maxBytes: 1_000_000 });
    const tags = batches.map((batch) => batch.tag);
    assert.equal(new Set(tags).size, tags.length);
    assert.ok(tags.every((tag) => /^[\w-]{8,32}$/.test(tag) && tag !== NO_TAG));
    assert.equal(head.tag, tags.at(-1));
    for (const batch of batches) {
      for (const offset of numbers(batch.first, batch.last)) {
        assert.equal((await store.logs.locate(id, offset)).tag, batch.tag);
      }
    }
    assert.equal((await store.logs.locate(id, 0)).tag, NO_TAG);
    assert.equal((await store.logs.locate(id, head.offset + 1)).tag, undefined);
  },

  'a message id is appended once, in sequence and in a race': async ({ store, id }) => {
    const first = appended(await append(store, id, ['a', 'b'], { message_id: 'm1' }));
    assert.deepEqual(await append(store, id, ['other'], { message_id: 'm1' }), {
      ...first,
      outcome: 'duplicate',
    });
    const raced = await Promise.all(
      numbers(1, 50).map(() => append(store, id, ['raced'], { message_id: 'm2' })),
    );
    assert.equal(raced.filter((outcome) => outcome.outcome === 'appended').length, 1);
    assert.equal(raced.filter((outcome) => outcome.outcome === 'duplicate').length, 49);
    const ranges = raced.map((outcome) => 'first' in outcome && [outcome.first, outcome.last]);
    assert.deepEqual(new Set(ranges.map(String)), new Set(['3,3']));
    assert.deepEqual(names(await readAll(store.logs, id)), ['a', 'b', 'raced']);
  },

  'message ids of two threads have nothing to do with each other': async ({ store, id }) => {
    appended(await append(store, id, ['a'], { message_id: 'same' }));
    appended(await append(store, `${id}.2`, ['b'], { message_id: 'same' }));
  },

  'followers hear of every advance, and of none after they left': async ({ store, id }) => {
    await store.logs.open(id);
    const heads: number[] = [];
    const unfollow = store.logs.follow(id, (head) => heads.push(head.offset));
    for (const n of numbers(1, 5)) {
      await append(store, id, [`${n}`]);
      assert.equal(heads.at(-1), n);
    }
    unfollow();
    unfollow();
    await append(store, id, ['6']);
    assert.equal(heads.at(-1), 5);
  },

  'following creates nothing, and a follower hears of the beginning': async ({ store, id }) => {
    for (const [name, begin] of [
      ['opened', () => store.logs.open(`${id}.opened`)],
      ['appended', () => append(store, `${id}.appended`, ['1'])],
    ] as const) {
      const heads: number[] = [];
      const unfollow = store.logs.follow(`${id}.${name}`, (head) => heads.push(head.offset));
      assert.equal(await store.logs.head(`${id}.${name}`), undefined);
      await begin();
      const { offset } = (await store.logs.head(`${id}.${name}`)) ?? {};
      assert.equal(heads.at(-1), offset);
      await append(store, `${id}.${name}`, ['2']);
      assert.equal(heads.at(-1), (offset ?? 0) + 1);
      // A follower keeps it, also one that was there first.
      const forgotten = await store.logs.forgetIdle(`${id}.${name}`, Number.MAX_SAFE_INTEGER);
      assert.equal(forgotten, false);
      unfollow();
    }
  },

  'followers can read every head that they hear of': async ({ store, id }) => {
    await store.logs.open(id);
    const reads: Promise<boolean>[] = [];
    const unfollow = store.logs.follow(id, (head) => {
      reads.push(
        store.logs
          .read(id, head.offset - 1, { maxBytes: 1 })
          .then(({ batches }) => (batches.at(-1)?.last ?? 0) >= head.offset),
      );
    });
    await Promise.all(numbers(1, 30).map((n) => append(store, id, [`${n}`])));
    assert.ok(reads.length > 0);
    assert.ok((await Promise.all(reads)).every(Boolean));
    unfollow();
  },

  'followers get the marks of appends, each with the offset of its last event': async ({
    store,
    id,
  }) => {
    const seen: AppendMark[] = [];
    const unfollow = store.logs.follow(id, (_head, _batch, _diverged, marks) => {
      seen.push(...(marks ?? []));
    });
    await store.logs.open(id);
    const outcomes = await Promise.all([
      append(store, id, ['a']),
      append(store, id, ['b', 'c'], { mark: 'two-events' }),
      append(store, id, ['d']),
      append(store, id, ['e'], { message_id: 'm', mark: 'a-message' }),
    ]);
    await append(store, id, ['e'], { message_id: 'm', mark: 'a-duplicate' });
    const fence = { run_id: 'none', token: 1 };
    await append(store, id, ['f'], { fence, mark: 'fenced' });
    const [, two, , message] = outcomes.map(appended);
    assert.deepEqual(seen, [
      { offset: two?.last, mark: 'two-events' },
      { offset: message?.last, mark: 'a-message' },
    ]);
    unfollow();
  },

  'delete begins a new epoch that remembers the old one': async ({ store, id }) => {
    const before = await store.logs.open(id);
    await append(store, id, ['a', 'b'], { message_id: 'm' });
    const heads: string[] = [];
    const unfollow = store.logs.follow(id, (head) => heads.push(head.epoch));
    const after = await store.logs.delete(id);
    assert.notEqual(after.epoch, before.epoch);
    const { offset, base, previous } = after;
    assert.deepEqual([offset, base], [0, 0]);
    assert.deepEqual([previous?.epoch, previous?.reason], [before.epoch, 'deleted']);
    assert.equal(typeof previous?.at, 'number');
    assert.deepEqual(heads, [after.epoch]);
    assert.deepEqual(await readAll(store.logs, id), []);
    const again = appended(await append(store, id, ['c'], { message_id: 'm' }));
    assert.deepEqual([again.epoch, again.first], [after.epoch, 1]);
    assert.deepEqual(names(await readAll(store.logs, id)), ['c']);
    unfollow();
  },

  'appends that race a delete are in one epoch or the other, whole': async ({ store, id }) => {
    const before = await store.logs.open(id);
    const results = await Promise.all([
      ...numbers(1, 20).map((n) => append(store, id, [`old ${n}`, `old ${n}`])),
      store.logs.delete(id),
      ...numbers(1, 20).map((n) => append(store, id, [`new ${n}`, `new ${n}`])),
    ]);
    const after = await store.logs.open(id);
    assert.notEqual(after.epoch, before.epoch);
    const kept = results.filter((each) => 'first' in each && each.epoch === after.epoch);
    const events = await readAll(store.logs, id);
    assert.equal(events.length, kept.length * 2);
    assert.ok(kept.length >= 20);
    assert.deepEqual(offsets(events), numbers(1, events.length));
  },

  'forget leaves no trace of a thread': async ({ store, id }) => {
    await append(store, id, ['a']);
    await store.logs.forget(id);
    await store.logs.forget(id);
    assert.equal(await store.logs.head(id), undefined);
    assert.ok(!(await store.logs.threads('', 10_000)).includes(id));
  },

  'forgetIdle forgets only threads that are empty, old and without followers': async ({
    store,
    id,
    advance,
  }) => {
    await store.logs.open(`${id}.empty`);
    await append(store, `${id}.full`, ['a']);
    await append(store, `${id}.trimmed`, ['a']);
    await store.logs.open(`${id}.followed`);
    const unfollow = store.logs.follow(`${id}.followed`, () => {});
    const past = 0;
    const future = Number.MAX_SAFE_INTEGER;
    advance(1_000);
    await store.logs.trim(`${id}.trimmed`, { maxEvents: 0 }, 10);
    const forget = (name: string, wall: number) => store.logs.forgetIdle(`${id}.${name}`, wall);
    assert.equal(await forget('empty', past), false);
    assert.equal(await forget('full', future), false);
    assert.equal(await forget('followed', future), false);
    assert.equal(await forget('never', future), false);
    assert.equal(await forget('empty', future), true);
    assert.equal(await forget('trimmed', future), true);
    unfollow();
    assert.equal(await forget('followed', future), true);
    assert.deepEqual(
      (await store.logs.threads(`${id}.`, 10)).filter((each) => each.startsWith(id)),
      [`${id}.full`],
    );
  },

  'threads are listed in order, page by page': async ({ store, id }) => {
    const ids = ['a', 'b', 'c', 'd', 'e'].map((letter) => `${id}.${letter}`);
    for (const each of [...ids].reverse()) await store.logs.open(each);
    const first = await store.logs.threads(`${id}.`, 2);
    const second = await store.logs.threads(first.at(-1) ?? '', 2);
    assert.deepEqual([...first, ...second], ids.slice(0, 4));
  },

  'what was confirmed is there after reopening': async ({ store, id, reopen }) => {
    await append(store, id, ['a', 'b'], { message_id: 'm' });
    await append(store, id, ['c']);
    const before = [await store.logs.head(id), await readAll(store.logs, id)];
    if (!reopen) return;
    const reopened = await reopen();
    assert.deepEqual([await reopened.logs.head(id), await readAll(reopened.logs, id)], before);
    const duplicate = await append(reopened, id, ['a', 'b'], { message_id: 'm' });
    assert.equal(duplicate.outcome, 'duplicate');
    assert.equal(appended(await append(reopened, id, ['d'])).first, 4);
  },
};
