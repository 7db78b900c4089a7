import { expect, test } from 'vitest';
import { Metrics } from '../metrics/metrics.js';
import { countsOf, ratesBetween } from './flow.js';

test('rates are of the time between two looks', () => {
  const metrics = new Metrics();
  const before = countsOf(metrics);
  const { counters, histograms } = metrics;
  counters.events_published_total.value += 50;
  counters.events_sent_total.socket.value += 90;
  counters.events_sent_total.stream.value += 10;
  counters.event_bytes_sent_total.socket.value += 4_000;
  counters.event_bytes_sent_total.stream.value += 1_000;
  histograms.loop_delay_seconds.observe(0.002);
  histograms.loop_delay_seconds.observe(0.004);
  expect(ratesBetween(before, countsOf(metrics), 2_000)).toEqual({
    published_per_s: 25,
    sent_per_s: 50,
    sent_bytes_per_s: 2_500,
    loop_delay_ms: 3,
  });
});

test('a loop that was not looked at in between was not late', () => {
  const counts = countsOf(new Metrics());
  expect(ratesBetween(counts, counts, 0).loop_delay_ms).toBe(0);
});
