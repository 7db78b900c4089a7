import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Steps } from './paced-work.js';
import { filterInParts, mergeInParts, sortInParts } from './sort-in-parts.js';

interface Item {
  readonly key: number;
  readonly name: number;
}

const byKey = (one: Item, other: Item) => one.key - other.key;

function run<T>(steps: Steps<T>): { readonly result: T; readonly count: number } {
  for (let count = 0; ; count += 1) {
    const { done, value } = steps.next();
    if (done) return { result: value, count };
  }
}

const items = fc
  .array(fc.integer({ min: 0, max: 40 }), { maxLength: 2_000 })
  .map((keys) => keys.map((key, name): Item => ({ key, name })));

test('sorts as the language does, and keeps the order of equal items', () => {
  fc.assert(
    fc.property(items, (list) => {
      expect(run(sortInParts(list, byKey)).result).toEqual([...list].sort(byKey));
    }),
  );
});

test('merges two sorted lists as one', () => {
  fc.assert(
    fc.property(items, items, (one, other) => {
      const [first, second] = [[...one].sort(byKey), [...other].sort(byKey)];
      const { result } = run(mergeInParts(first, second, byKey));
      expect(result).toEqual([...first, ...second].sort(byKey));
    }),
  );
});

test('a long list takes many steps', () => {
  const list = Array.from({ length: 20_000 }, (_, name) => ({ key: (name * 7) % 1_000, name }));
  const sorted = run(sortInParts(list, byKey));
  expect(sorted.count).toBeGreaterThan(1_000);
  const filtered = run(filterInParts(list, ({ key }) => key < 10));
  expect([filtered.result.length, filtered.count]).toEqual([200, 312]);
});
