import { expect, test } from 'vitest';
import { fakeClock } from '../../../testing/src/fake-clock.js';
import { DEFAULT_LIMITS } from '../limits.js';
import { LimitHits } from '../observe/limit-hits.js';
import { Overload } from './overload.js';

function stage() {
  const clock = fakeClock();
  const hits = new LimitHits(clock, () => {});
  const load = { delayMs: 0, memoryShare: 0, connections: 0 };
  const overload = new Overload({
    limits: DEFAULT_LIMITS,
    hits,
    clock,
    entropy: { fraction: () => 0.999 },
    gauge: load,
    connections: () => load.connections,
  });
  return { clock, hits, load, overload };
}

test.each([
  ['loopDelayMs', { delayMs: 201 }],
  ['memoryPercent', { memoryShare: 0.91 }],
  ['connections', { connections: 0.96 }],
] as const)('refuses beyond %s, and not before', (name, beyond) => {
  const { load, overload, hits } = stage();
  Object.assign(load, { delayMs: 199, memoryShare: 0.89, connections: 0.94 });
  expect(overload.refusal()).toBeUndefined();
  Object.assign(load, beyond);
  expect(overload.refusal()).toMatchObject({ status: 503, policy: { name } });
  expect(hits.of(name)).toBe(1);
});

test('the more are refused, the further apart they come back', async () => {
  const { clock, load, overload } = stage();
  load.delayMs = 1_000;
  const waits = Array.from({ length: 5_000 }, () => overload.refusal()?.retry_after_ms ?? 0);
  expect(waits[0]).toBe(2_998);
  expect(waits[999]).toBeCloseTo(5_995, -1);
  expect(Math.max(...waits)).toBeLessThanOrEqual(9_000);
  await clock.advance(5_001);
  expect(overload.refusal()?.retry_after_ms).toBe(2_998);
});
