/** The short form of `npm run lifecycle`: what happens to pages in a real Chromium, three times each. */

import { expect, test } from 'vitest';
import { CYCLES } from './cycles.js';
import { runLifecycle } from './run.js';

test('pages that are frozen, offline, put away, reloaded, duplicated, and tabs that share: nothing is lost or repeated', async () => {
  const report = await runLifecycle({ cycles: 3, awayMs: 1_000, say: () => {} });
  const counts = Object.entries(report).map(([name, times]) => [name, times.length]);
  expect(Object.fromEntries(counts)).toEqual(
    Object.fromEntries(Object.keys(CYCLES).map((name) => [name, 3])),
  );
}, 180_000);
