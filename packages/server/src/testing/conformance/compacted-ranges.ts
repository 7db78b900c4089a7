/** The contract of compaction: a reader without any part of a compacted range gets it whole, others get the events. */

import assert from 'node:assert/strict';
import { CompactedBatch } from '../../stores/compacted-batch.js';
import type { Store } from '../../stores/store.js';
import type { StoreTests } from './subject.js';
import { append, encode, numbers, readAll } from './support.js';

const RANGE = { first: 3, last: 7, event: encode('whole', 'é,"]') };

/** Ten events, and a compacted range over the third to the seventh. */
async function compacted(store: Store, id: string): Promise<string> {
  for (const n of numbers(1, 10)) await append(store, id, [`${n}`]);
  const { epoch } = await store.logs.open(id);
  await store.logs.compact(id, epoch, [RANGE]);
  return epoch;
}

/** What a reader gets: offsets, and whether it is a compacted range. */
async function readWithRanges(store: Store, id: string, after: number, maxBytes = 1_000_000) {
  const batchesRead: (readonly [first: number, last: number, span: boolean])[] = [];
  for (let position = after; ; ) {
    const { batches } = await store.logs.read(id, position, { maxBytes, compacted: true });
    if (batches.length === 0) return batchesRead;
    for (const batch of batches) {
      if (batch.last <= position) continue;
      const first = Math.max(batch.first, position + 1);
      batchesRead.push([first, batch.last, batch instanceof CompactedBatch]);
      position = batch.last;
    }
  }
}

const singly = (from: number, to: number) =>
  numbers(from, to).map((n): readonly [number, number, boolean] => [n, n, false]);

export const compactedRangeTests: StoreTests = {
  'a reader before one gets it whole, whatever the step size': async ({ store, id }) => {
    await compacted(store, id);
    for (const maxBytes of [1, 40, 1_000_000]) {
      for (const after of [0, 1, 2]) {
        assert.deepEqual(await readWithRanges(store, id, after, maxBytes), [
          ...singly(after + 1, 2),
          [3, 7, true],
          ...singly(8, 10),
        ]);
      }
    }
  },

  'a reader inside one gets the events': async ({ store, id }) => {
    await compacted(store, id);
    for (const after of numbers(3, 9)) {
      assert.deepEqual(await readWithRanges(store, id, after), singly(after + 1, 10));
    }
  },

  'a reader that does not ask for them gets the events': async ({ store, id }) => {
    await compacted(store, id);
    const events = await readAll(store.logs, id);
    assert.deepEqual(
      events.map(({ name }) => name),
      numbers(1, 10).map(String),
    );
  },

  'the cursor after one is the cursor after its last event': async ({ store, id }) => {
    await compacted(store, id);
    const { batches } = await store.logs.read(id, 2, { maxBytes: 1, compacted: true });
    const [isRange] = batches;
    assert.ok(isRange instanceof CompactedBatch);
    assert.equal(isRange.tagAt(7), (await store.logs.locate(id, 7)).tag);
    assert.equal(isRange.event, RANGE.event);
    assert.deepEqual(JSON.parse(isRange.text()), [...JSON.parse(RANGE.event), 5]);
  },

  'one is gone with its log, and another incarnation has none': async ({ store, id }) => {
    const epoch = await compacted(store, id);
    await store.logs.delete(id);
    for (const n of numbers(1, 10)) await append(store, id, [`${n}`]);
    await store.logs.compact(id, epoch, [RANGE]);
    assert.deepEqual(await readWithRanges(store, id, 0), singly(1, 10));
  },

  'compacting does not create a thread': async ({ store, id }) => {
    await store.logs.compact(id, 'AAAAAAAA', [RANGE]);
    assert.equal(await store.logs.head(id), undefined);
  },

  'a log that is trimmed into one begins with events': async ({ store, id }) => {
    await compacted(store, id);
    await store.logs.trim(id, { maxEvents: 5 }, 100);
    assert.deepEqual(await readWithRanges(store, id, 0), singly(6, 10));
  },

  'several follow each other, in whatever order they were added': async ({ store, id }) => {
    for (const n of numbers(1, 10)) await append(store, id, [`${n}`, `${n}b`]);
    const { epoch } = await store.logs.open(id);
    await store.logs.compact(id, epoch, [{ ...RANGE, first: 11, last: 20 }]);
    await store.logs.compact(id, epoch, [{ ...RANGE, first: 2, last: 10 }]);
    assert.deepEqual(await readWithRanges(store, id, 0), [
      [1, 1, false],
      [2, 10, true],
      [11, 20, true],
    ]);
  },
};
