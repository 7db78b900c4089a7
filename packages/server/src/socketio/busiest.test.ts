import { expect, test } from 'vitest';
import { busiestFirst } from './busiest.js';

const groups = (sizes: Record<string, number>) =>
  new Map(
    Object.entries(sizes).map(([name, size]) => [name, Array.from({ length: size }, (_, n) => n)]),
  );
const counts = (sizes: Record<string, number>, count: number) => {
  const chosen: Record<string, number> = {};
  for (const [name] of busiestFirst(groups(sizes), count)) chosen[name] = (chosen[name] ?? 0) + 1;
  return chosen;
};

test('takes from the largest group, the oldest first', () => {
  expect(busiestFirst(groups({ a: 1, b: 10 }), 3)).toEqual([
    ['b', 0],
    ['b', 1],
    ['b', 2],
  ]);
});

test('a small group is spared as long as there is a larger one', () => {
  expect(counts({ a: 1, b: 100, c: 60 }, 90)).toEqual({ b: 60, c: 30 });
});

test('takes all there are, if that is not enough', () => {
  expect(counts({ a: 1, b: 3 }, 10)).toEqual({ a: 1, b: 3 });
  expect(counts({}, 10)).toEqual({});
});
