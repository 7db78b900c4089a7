/** Compares the fake server with the real one: the same events, and the same notices to apps. */

import { expect } from 'vitest';
import { test } from '../../support/lab.js';
import { perform } from './script.js';
import { fakeStage, realStage } from './stage.js';

test('an app learns the same from the fake server as from the real one', async (lab) => {
  const fake = await perform(fakeStage(lab));
  const real = await perform(await realStage(lab));
  for (const [name, told] of Object.entries(real)) {
    expect(fake[name], name).toEqual(told);
    // A comparison of two empty records proves nothing.
    expect(told.length, name).toBeGreaterThan(0);
  }
});
