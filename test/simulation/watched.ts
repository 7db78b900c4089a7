/** A scenario, and what Node itself has to say of it: a rejection that nobody handles (I11). */

import { type Outcome, runScenario } from './run.js';
import type { Scenario } from './scenario/actions.js';

/** A promise that nobody waits for is as much an accident as an exception. */
let unhandled: unknown;
process.on('unhandledRejection', (reason) => {
  unhandled ??= reason;
});

export async function runWatched(scenario: Scenario, writesDown = false): Promise<Outcome> {
  unhandled = undefined;
  const outcome = await runScenario(scenario, writesDown);
  // Node tells of unhandled rejections when its queues are empty.
  await new Promise((resolve) => setImmediate(resolve));
  if (unhandled === undefined || outcome.violation) return outcome;
  const what = unhandled instanceof Error ? (unhandled.stack ?? unhandled.message) : `${unhandled}`;
  return { ...outcome, violation: { invariant: 'I11', what, at: outcome.virtualMs } };
}
