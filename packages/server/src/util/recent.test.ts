import { expect, test } from 'vitest';
import { RecentCount, RecentMean } from './recent.js';

test('a count forgets what was minutes ago', () => {
  const count = new RecentCount();
  expect(count.at(0)).toBe(0);
  for (let now = 1_000; now <= 8_000; now += 1_000) count.add(now);
  expect(count.at(8_000)).toBeGreaterThanOrEqual(7);
  expect(count.at(400_000)).toBe(0);
});

test('a mean is that of the newest minute, and nothing once that is long ago', () => {
  const mean = new RecentMean();
  expect(mean.at(0)).toBe(null);
  mean.add(1_000, 0);
  for (let now = 180_000; now < 240_000; now += 1_000) mean.add(5, now);
  expect(mean.at(240_000)).toBeGreaterThanOrEqual(5);
  expect(mean.at(240_000)).toBeLessThan(10);
  expect(mean.at(1_000_000)).toBe(null);
});
