import { expect, test } from 'vitest';
import { brokenBounds } from './judge.js';

test('figures at their bounds break none', () => {
  const bounds = { most: { ratio: 2 }, least: { closed: 10 } };
  expect(brokenBounds({ ratio: 2, closed: 10, other: 7 }, bounds)).toEqual([]);
  expect(brokenBounds({}, {})).toEqual([]);
});

test('a figure beyond its bound is named with its value', () => {
  const bounds = { most: { ratio: 2, lost: 0 }, least: { closed: 10 } };
  expect(brokenBounds({ ratio: 2.014, lost: 0, closed: 9 }, bounds)).toEqual([
    'ratio is 2.01, at most 2 is allowed',
    'closed is 9, at least 10 is expected',
  ]);
});

test('a figure that was not measured breaks its bound', () => {
  expect(brokenBounds({ ratio: Number.NaN }, { most: { ratio: 2 }, least: { closed: 1 } })).toEqual(
    ['ratio is NaN, at most 2 is allowed', 'closed is not measured, at least 1 is expected'],
  );
});
