import { expect, test } from 'vitest';
import { SmallSet } from './small-set.js';

test.each([1, 8, 9, 50])('holds %d things once each, whatever their number', (count) => {
  const set = new SmallSet<number>();
  const things = Array.from({ length: count }, (_, n) => n);
  for (const thing of [...things, ...things]) set.add(thing);
  expect([...set.all()]).toEqual(things);
  expect(set.size).toBe(count);
  expect([set.delete(0), set.delete(0)]).toEqual([true, false]);
  expect([...set.all()]).toEqual(things.slice(1));
  for (const thing of things) set.delete(thing);
  expect(set.size).toBe(0);
  set.add(7);
  set.clear();
  expect([...set.all()]).toEqual([]);
});

test('may be changed during a loop over it', () => {
  const set = new SmallSet<number>();
  for (const thing of [1, 2, 3]) set.add(thing);
  const seen: number[] = [];
  for (const thing of set.all()) {
    seen.push(thing);
    set.delete(thing);
    set.add(thing + 10);
  }
  expect(seen).toEqual([1, 2, 3]);
  expect([...set.all()]).toEqual([11, 12, 13]);
});
