/** A seed always replays the same world. */

import { expect, test } from 'vitest';
import { generateScenario } from './scenario/generate.js';
import { runWatched } from './watched.js';

test('a seed makes the same world every time', async () => {
  for (let seed = 1; seed <= 25; seed += 1) {
    const scenario = generateScenario(seed);
    const [first, second] = [await runWatched(scenario, true), await runWatched(scenario, true)];
    expect(second).toEqual(first);
  }
}, 30_000);
