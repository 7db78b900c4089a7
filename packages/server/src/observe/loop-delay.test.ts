import { expect, test } from 'vitest';
import { ManualClock } from '../util/manual-clock.fixture.js';
import { measureLoopDelay } from './loop-delay.js';

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('is by how much timers come late, on average', async () => {
  const clock = new ManualClock();
  const measured = measureLoopDelay(clock);
  for (const ms of [10, 10, 10, 10, 10, 60, 10, 10, 10, 60]) {
    clock.pass(ms);
    await settled();
  }
  expect(await measured).toBe(10);
  expect(clock.pending).toBe(0);
});
