import { expect, test } from 'vitest';
import { decayed, increased } from './delivery-rate.js';

/** The rate after acknowledgements that come in equal intervals. */
function rateAfter(seconds: number, { everyMs, events }: { everyMs: number; events: number }) {
  let rate = 0;
  for (let ms = 0; ms < seconds * 1_000; ms += everyMs) {
    rate = increased(decayed(rate, everyMs), events);
  }
  return rate;
}

test.each([
  { everyMs: 50, events: 1 },
  { everyMs: 1_000, events: 20 },
])('comes near 20 a second for $events events every $everyMs ms', (stream) => {
  const rate = rateAfter(30, stream);
  expect(rate).toBeGreaterThan(18);
  expect(rate).toBeLessThan(23);
});

test('falls to a third within five seconds of silence, and to nothing', () => {
  expect(decayed(30, 5_000)).toBeCloseTo(11, 0);
  expect(decayed(30, 60_000)).toBeLessThan(0.001);
});
