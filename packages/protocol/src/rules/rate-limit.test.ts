import { expect, test } from 'vitest';
import { refusalHeaders } from './rate-limit.js';

test('names the limit, what it allows, and when to come back', () => {
  const rate = { name: 'eventsPerSecond', quota: 600, windowS: 3 };
  expect(refusalHeaders(rate, 1_200)).toEqual({
    'retry-after': '2',
    'ratelimit-policy': '"eventsPerSecond";q=600;w=3',
    ratelimit: '"eventsPerSecond";r=0;t=2',
  });
  const streams = { name: 'streams', quota: 8, unit: 'concurrent-requests' } as const;
  expect(refusalHeaders(streams, 1_000)['ratelimit-policy']).toBe(
    '"streams";q=8;qu="concurrent-requests"',
  );
});
