import { expect, test } from 'vitest';
import { fakeClock } from '../../../testing/src/fake-clock.js';
import { KeyedRate } from './keyed-rate.js';

function stage(perSecond: number, burstS: number) {
  const clock = fakeClock();
  const rate = new KeyedRate({ perSecond, burstS, clock });
  const taken = (key: string, times: number) =>
    Array.from({ length: times }, () => rate.take(key)).filter((wait) => wait === 0).length;
  return { clock, rate, taken };
}

test('each key has its burst, and after it so much a second', async () => {
  const { clock, taken } = stage(10, 3);
  expect([taken('a', 50), taken('b', 20), taken('a', 1)]).toEqual([30, 20, 0]);
  await clock.advance(1_000);
  expect([taken('a', 50), taken('b', 50)]).toEqual([10, 20]);
});

test('an amount over what is left is taken as a whole, and paid off before the next', async () => {
  const { clock, rate } = stage(100, 2);
  expect(rate.take('a', 450)).toBe(0);
  const wait = rate.take('a');
  expect(wait).toBe(2_510);
  await clock.advance(wait - 20);
  expect(rate.take('a')).toBeGreaterThan(0);
  await clock.advance(20);
  expect(rate.take('a')).toBe(0);
});

test('keys that have been quiet are forgotten', async () => {
  const { clock, rate } = stage(10, 3);
  for (let n = 0; n < 1_000; n += 1) rate.take(`key ${n}`);
  await clock.advance(3_000);
  rate.take('another');
  expect(rate.size).toBe(1);
});

test('without a limit nothing is kept', () => {
  const { rate, taken } = stage(Number.POSITIVE_INFINITY, 1);
  expect([taken('a', 100), rate.size]).toEqual([100, 0]);
});
