/** The short form of `npm run lifecycle`: each kind of cycle three times, in a real Chromium. */

import { expect, test } from 'vitest';
import { CYCLES } from './cycles.js';
import { runLifecycle } from './run.js';

test('frozen, offline, cached, reloaded and duplicated pages, and tabs that share, lose and repeat nothing', async () => {
  const report = await runLifecycle({ cycles: 3, awayMs: 1_000, say: () => {} });
  const counts = Object.entries(report).map(([name, times]) => [name, times.length]);
  expect(Object.fromEntries(counts)).toEqual(
    Object.fromEntries(Object.keys(CYCLES).map((name) => [name, 3])),
  );
}, 180_000);
