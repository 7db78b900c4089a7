/** Finds the smallest scenario that still fails in the same way. */

import type { Outcome } from './run.js';
import type { Scenario } from './scenario/actions.js';
import { runWatched } from './watched.js';

/** Each try is a whole run. */
const MAX_TRIES = 400;

export async function shrink(scenario: Scenario, found: Outcome): Promise<Scenario> {
  let smallest = scenario;
  let tries = 0;
  const fails = async (candidate: Scenario): Promise<boolean> => {
    tries += 1;
    const { violation } = await runWatched(candidate);
    return violation?.invariant === found.violation?.invariant;
  };
  const attempt = async (candidate: Scenario): Promise<boolean> => {
    if (tries >= MAX_TRIES || !(await fails(candidate))) return false;
    smallest = candidate;
    return true;
  };

  // Actions in ever smaller groups, then pages one by one, then what makes the network nasty.
  for (let size = Math.ceil(scenario.actions.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let index = 0; index < smallest.actions.length; ) {
      const actions = smallest.actions.toSpliced(index, size);
      if (!(await attempt({ ...smallest, actions }))) index += size;
    }
  }
  for (let index = smallest.pages.length - 1; index >= 0; index -= 1) {
    await attempt({ ...smallest, pages: smallest.pages.toSpliced(index, 1) });
  }
  await attempt({ ...smallest, lostAnswers: 0 });
  await attempt({ ...smallest, retentionEvents: null });
  await attempt({ ...smallest, grantMs: null });
  await attempt({ ...smallest, frameWindowMs: 'auto' });
  const last = Math.max(0, ...smallest.actions.map(({ at }) => at));
  await attempt({ ...smallest, calmAt: last + 10 });
  return smallest;
}
