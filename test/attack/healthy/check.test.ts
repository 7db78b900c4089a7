import { expect, test } from 'vitest';
import { Latencies } from './latencies.js';

/** Three events are published. */
function published(): Latencies {
  const latencies = new Latencies();
  for (let n = 1; n <= 3; n += 1) expect(latencies.publish()).toBe(n);
  return latencies;
}

test('what is acknowledged and not seen is lost', () => {
  const latencies = published();
  latencies.acknowledge(1);
  latencies.acknowledge(2);
  latencies.saw(1);
  expect(latencies.settled).toBe(false);
  expect(latencies.totals).toEqual({ lost: 1, outOfOrder: 0, healthyRefused: 0 });
});

test('an event that comes late or twice is out of order', () => {
  const latencies = published();
  for (const n of [2, 1, 1, 3]) latencies.saw(n);
  expect(latencies.totals).toEqual({ lost: 0, outOfOrder: 2, healthyRefused: 0 });
});

test('what was not acknowledged when the connection ended is refused, not lost', () => {
  const latencies = published();
  latencies.acknowledge(1);
  latencies.disconnect();
  latencies.saw(1);
  expect(latencies.settled).toBe(true);
  expect(latencies.totals).toEqual({ lost: 0, outOfOrder: 0, healthyRefused: 2 });
  expect(latencies.window()).toMatchObject({ count: 3, pending: 0 });
});

test('an event that is still pending counts in the window with its age', () => {
  const latencies = published();
  latencies.saw(1);
  expect(latencies.window()).toMatchObject({ count: 3, pending: 2 });
  expect(latencies.window()).toMatchObject({ count: 2, pending: 2 });
});

test('an event that was given up and comes all the same is in order', () => {
  const latencies = published();
  latencies.disconnect();
  latencies.saw(3);
  expect(latencies.totals.outOfOrder).toBe(0);
});
