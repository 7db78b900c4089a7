/** The model of Redis in the simulation, held against a real redis-server. */

import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from '../../scripts/support/bundle.mjs';
import { RedisServer } from '../support/redis-server.js';
import type * as Comparing from './redis/comparison.js';

const STEPS = 600;
let comparing: typeof Comparing;
let redis: RedisServer;

beforeAll(async () => {
  const program = await bundle(
    'test/simulation/redis/comparison.ts',
    '.cache/simulation/redis-comparison.mjs',
  );
  comparing = await import(pathToFileURL(program).href);
  redis = await RedisServer.start({ appendfsync: 'no' });
}, 60_000);

afterAll(() => redis.dispose());

test.each([1, 2, 3, 4])(
  'every reply of Redis to random work (%i) is that of the model, and every key in the end',
  async (seed) => {
    await redis.call('FLUSHALL');
    await redis.call('SCRIPT', 'FLUSH');
    const { compared, names, differences } = await comparing.compare(redis.url, seed, STEPS);
    expect(differences.slice(0, 5)).toEqual([]);
    // A comparison of nothing would pass, too.
    expect(compared).toBeGreaterThan(2 * STEPS);
    expect(names.length).toBeGreaterThan(30);
  },
  60_000,
);
