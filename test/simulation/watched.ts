/** Runs a scenario, and reports unhandled rejections as violations (I11). */

import { type Outcome, runScenario } from './run.js';
import type { Scenario } from './scenario/actions.js';

/** An unhandled rejection is as much an accident as an exception. */
let unhandled: unknown;
process.on('unhandledRejection', (reason) => {
  unhandled ??= reason;
});

export async function runWatched(scenario: Scenario, writesDown = false): Promise<Outcome> {
  unhandled = undefined;
  const outcome = await runScenario(scenario, writesDown);
  // Node reports unhandled rejections when its queues are empty.
  await new Promise((resolve) => setImmediate(resolve));
  if (unhandled === undefined || outcome.violation) return outcome;
  const what = unhandled instanceof Error ? (unhandled.stack ?? unhandled.message) : `${unhandled}`;
  return { ...outcome, violation: { invariant: 'I11', what, at: outcome.virtualMs } };
}
