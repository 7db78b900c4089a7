import { expect, test } from 'vitest';
import { TokenBucket } from './token-bucket.js';

test('gives a burst at once, then its rate', () => {
  let now = 0;
  const bucket = new TokenBucket({ perSecond: 10, burstS: 2 }, now);
  const take = (times: number) =>
    Array.from({ length: times }, () => bucket.take(now)).filter((waitMs) => waitMs === 0).length;
  expect(take(30)).toBe(20);
  now += 99;
  expect(take(1)).toBe(0);
  now += 1;
  expect(take(2)).toBe(1);
  now += 1_000;
  expect(take(30)).toBe(10);
  // No more than the burst, however long it waits.
  now += 60_000;
  expect(take(30)).toBe(20);
});

test('without a rate it never refuses', () => {
  const bucket = new TokenBucket({ perSecond: Number.POSITIVE_INFINITY, burstS: 5 }, 0);
  for (let n = 0; n < 1_000; n += 1) expect(bucket.take(0)).toBe(0);
});
