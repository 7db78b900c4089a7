import { expect, test } from 'vitest';
import { EventBatch } from '../stores/event-batch.js';
import { cutSlice } from './slice.js';

/** Batches of events that are all ten bytes long: `["e",1001]`. */
function batches(...sizes: readonly number[]): EventBatch[] {
  let first = 1;
  return sizes.map((size, index) => {
    const events = Array.from({ length: size }, (_, n) => `["e",${1000 + first + n}]`);
    const batch = EventBatch.of(events, { first, tag: `tag${index}`, at: 0, precedingBytes: 0 });
    first += size;
    return batch;
  });
}

const all = { maxBytes: 1_000_000, maxEvents: 1_000 };
const numbersIn = (json: string): number[] =>
  JSON.parse(`[${json}]`).map(([, n]: [string, number]) => n - 1000);

test('a slice joins batches and ends with the cursor of the last', () => {
  const slice = cutSlice('e', batches(3, 2), 0, all);
  expect(slice).toMatchObject({ epoch: 'e', from: 1, to: 5, cursor: 'e.5.tag1' });
  expect(numbersIn(slice?.json ?? '')).toEqual([1, 2, 3, 4, 5]);
});

test('it begins and ends inside batches', () => {
  const slice = cutSlice('e', batches(3, 4), 1, { ...all, maxEvents: 4 });
  expect(slice).toMatchObject({ from: 2, to: 5, cursor: 'e.5.tag1' });
  expect(numbersIn(slice?.json ?? '')).toEqual([2, 3, 4, 5]);
});

test('it takes as many events as fit, and one at least', () => {
  expect(cutSlice('e', batches(5), 0, { ...all, maxBytes: 33 })).toMatchObject({ to: 3 });
  expect(cutSlice('e', batches(5), 0, { ...all, maxBytes: 31 })).toMatchObject({ to: 2 });
  expect(cutSlice('e', batches(5), 0, { ...all, maxBytes: 1 })).toMatchObject({ to: 1 });
  expect(cutSlice('e', batches(1, 1, 1), 0, { ...all, maxBytes: 25 })).toMatchObject({ to: 2 });
});

test('its size is what the limits were held against', () => {
  for (let maxBytes = 1; maxBytes < 120; maxBytes += 1) {
    const slice = cutSlice('e', batches(2, 3, 1, 4), 0, { ...all, maxBytes });
    const { bytes = 0, json = '', from = 0, to = 0 } = slice ?? {};
    expect(bytes).toBeGreaterThanOrEqual(json.length);
    expect(bytes <= maxBytes + 1 || from === to).toBe(true);
    expect(numbersIn(json).length).toBe(to - from + 1);
  }
});

test('it yields its events one by one, each with its own cursor', () => {
  const slice = cutSlice('e', batches(2, 2), 1, all);
  expect([...(slice?.entries() ?? [])]).toEqual([
    { offset: 2, span: 1, text: '["e",1002]', cursor: 'e.2.tag0' },
    { offset: 3, span: 1, text: '["e",1003]', cursor: 'e.3.tag1' },
    { offset: 4, span: 1, text: '["e",1004]', cursor: 'e.4.tag1' },
  ]);
});

test('it ends where a batch is missing: no event gets the offset of another', () => {
  const [first, , third] = batches(2, 2, 2);
  if (!first || !third) throw new Error('three batches');
  expect(cutSlice('e', [first, third], 0, all)).toMatchObject({ from: 1, to: 2 });
  expect(cutSlice('e', [third], 0, all)).toMatchObject({ from: 5, to: 6 });
});

test('where nothing is kept there is no slice', () => {
  expect(cutSlice('e', [], 0, all)).toBeUndefined();
});
