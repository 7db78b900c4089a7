import { expect, test } from 'vitest';
import { Histogram } from './histogram.js';

test('a value is in the range of the first bound that it does not exceed', () => {
  const histogram = new Histogram([0.1, 1, 10]);
  for (const value of [0, 0.1, 0.11, 1, 9, 10.5, 1e9]) histogram.observe(value);
  expect(histogram.cumulated()).toEqual([
    { le: 0.1, count: 2 },
    { le: 1, count: 4 },
    { le: 10, count: 5 },
    { le: Number.POSITIVE_INFINITY, count: 7 },
  ]);
  expect(histogram.sum).toBeCloseTo(1e9 + 20.71);
});
