/** The contract of compaction: who has nothing of a span gets it whole, everybody else the events. */

import assert from 'node:assert/strict';
import { SpanBatch } from '../../stores/span-batch.js';
import type { Store } from '../../stores/store.js';
import type { StoreTests } from './subject.js';
import { append, encode, numbers, readAll } from './support.js';

const SPAN = { first: 3, last: 7, event: encode('whole', 'é,"]') };

/** Ten events, of which one stands for the third to the seventh. */
async function compacted(store: Store, id: string): Promise<string> {
  for (const n of numbers(1, 10)) await append(store, id, [`${n}`]);
  const { epoch } = await store.logs.open(id);
  await store.logs.compact(id, epoch, [SPAN]);
  return epoch;
}

/** What a reader is given: offsets, and whether it is one for several. */
async function readWithSpans(store: Store, id: string, after: number, maxBytes = 1_000_000) {
  const pieces: (readonly [first: number, last: number, span: boolean])[] = [];
  for (let position = after; ; ) {
    const { batches } = await store.logs.read(id, position, { maxBytes, spans: true });
    if (batches.length === 0) return pieces;
    for (const batch of batches) {
      if (batch.last <= position) continue;
      const first = Math.max(batch.first, position + 1);
      pieces.push([first, batch.last, batch instanceof SpanBatch]);
      position = batch.last;
    }
  }
}

const singly = (from: number, to: number) =>
  numbers(from, to).map((n): readonly [number, number, boolean] => [n, n, false]);

export const spanTests: StoreTests = {
  'spans: whoever comes from before gets the span, in steps of any size': async ({ store, id }) => {
    await compacted(store, id);
    for (const maxBytes of [1, 40, 1_000_000]) {
      for (const after of [0, 1, 2]) {
        assert.deepEqual(await readWithSpans(store, id, after, maxBytes), [
          ...singly(after + 1, 2),
          [3, 7, true],
          ...singly(8, 10),
        ]);
      }
    }
  },

  'spans: whoever is inside gets the events': async ({ store, id }) => {
    await compacted(store, id);
    for (const after of numbers(3, 9)) {
      assert.deepEqual(await readWithSpans(store, id, after), singly(after + 1, 10));
    }
  },

  'spans: the events stay, and are read by who does not ask for spans': async ({ store, id }) => {
    await compacted(store, id);
    const events = await readAll(store.logs, id);
    assert.deepEqual(
      events.map(({ name }) => name),
      numbers(1, 10).map(String),
    );
  },

  'spans: the cursor after one is the cursor after its last event': async ({ store, id }) => {
    await compacted(store, id);
    const { batches } = await store.logs.read(id, 2, { maxBytes: 1, spans: true });
    const [span] = batches;
    assert.ok(span instanceof SpanBatch);
    assert.equal(span.tagAt(7), (await store.logs.locate(id, 7)).tag);
    assert.equal(span.event, SPAN.event);
    assert.deepEqual(JSON.parse(span.text()), [...JSON.parse(SPAN.event), 5]);
  },

  'spans: one is gone with its log, and another incarnation has none': async ({ store, id }) => {
    const epoch = await compacted(store, id);
    await store.logs.delete(id);
    for (const n of numbers(1, 10)) await append(store, id, [`${n}`]);
    await store.logs.compact(id, epoch, [SPAN]);
    assert.deepEqual(await readWithSpans(store, id, 0), singly(1, 10));
  },

  'spans: a thread that is not there is not made': async ({ store, id }) => {
    await store.logs.compact(id, 'AAAAAAAA', [SPAN]);
    assert.equal(await store.logs.head(id), undefined);
  },

  'spans: a log that is trimmed into one begins with events': async ({ store, id }) => {
    await compacted(store, id);
    await store.logs.trim(id, { maxEvents: 5 }, 100);
    assert.deepEqual(await readWithSpans(store, id, 0), singly(6, 10));
  },

  'spans: several follow each other, whatever their order was': async ({ store, id }) => {
    for (const n of numbers(1, 10)) await append(store, id, [`${n}`, `${n}b`]);
    const { epoch } = await store.logs.open(id);
    await store.logs.compact(id, epoch, [{ ...SPAN, first: 11, last: 20 }]);
    await store.logs.compact(id, epoch, [{ ...SPAN, first: 2, last: 10 }]);
    assert.deepEqual(await readWithSpans(store, id, 0), [
      [1, 1, false],
      [2, 10, true],
      [11, 20, true],
    ]);
  },
};
