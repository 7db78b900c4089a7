/** The fake server is held against the real one: the same events, and apps are told the same. */

import { expect } from 'vitest';
import { test } from '../../support/lab.js';
import { perform } from './script.js';
import { fakeStage, realStage } from './stage.js';

test('an app is told the same by the fake server and by the real one', async ({ lab }) => {
  const fake = await perform(fakeStage(lab));
  const real = await perform(await realStage(lab));
  for (const [name, told] of Object.entries(real)) {
    expect(fake[name], name).toEqual(told);
    // A comparison of nothing with nothing shows nothing.
    expect(told.length, name).toBeGreaterThan(0);
  }
});
