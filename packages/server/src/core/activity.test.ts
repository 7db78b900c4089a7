import { expect, test } from 'vitest';
import { type ActivityVerdict, judgeActivity } from './activity.js';

const settings = { idleAfterMs: 15, expireAfterMs: 30 };

const cases: readonly [silent: number, asked: number | null, verdict: ActivityVerdict][] = [
  [0, null, 'active'],
  [14, null, 'active'],
  [15, null, 'ask'],
  [15, 100, 'idle'],
  [29, 100, 'idle'],
  [30, 100, 'expire'],
  // No session expires unasked: a process that slept for an hour asks first.
  [99, null, 'ask'],
];

test.each(cases)('silent for %d, asked at %s: %s', (silent, askedAt, verdict) => {
  expect(judgeActivity({ lastAt: 100, askedAt }, 100 + silent, settings)).toBe(verdict);
});
