import { expect, test } from 'vitest';
import { TrafficMeter } from './traffic.js';

test('counts totals and rates', () => {
  const meter = new TrafficMeter(0);
  for (let second = 0; second < 30; second += 1) meter.add(100, second * 1_000);
  expect(meter.total).toEqual({ packets: 30, bytes: 3_000 });
  const { packets, bytes } = meter.rates(30_000);
  expect(packets).toBeCloseTo(1, 0);
  expect(bytes).toBeCloseTo(100, -1);
});

test('an old burst no longer counts in the rates', () => {
  const meter = new TrafficMeter(0);
  for (let n = 0; n < 1_000; n += 1) meter.add(10, 500);
  expect(meter.rates(1_000).packets).toBeGreaterThan(100);
  expect(meter.rates(60_000)).toEqual({ packets: 0, bytes: 0 });
  expect(meter.total.packets).toBe(1_000);
});
