import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FirstItems } from './first-items.js';

test('keeps what sorting all of them would put first', () => {
  const numbers = fc.uniqueArray(fc.integer(), { maxLength: 200 });
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 20 }), (all, count) => {
      const first = new FirstItems<number>(count, (one, other) => one - other);
      for (const each of all) first.add(each);
      expect(first.items).toEqual([...all].sort((one, other) => one - other).slice(0, count));
    }),
  );
});

test('goes on after it was read', () => {
  const first = new FirstItems<number>(2, (one, other) => one - other);
  for (const each of [5, 4, 3]) first.add(each);
  expect(first.items).toEqual([3, 4]);
  for (const each of [9, 1]) first.add(each);
  expect(first.items).toEqual([1, 3]);
});
