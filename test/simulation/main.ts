/**
 * `npm run simulate`: runs seeds one after another, and shows the first one that fails, shrunk.
 *
 *     --seeds N   how many (default 1,000)      --from N   the first one (default 1)
 *     --seed N    only this one, with everything that happens in it
 *     --json      one line of JSON at the end, for programs
 */

import { parseArgs } from 'node:util';
import { type Outcome, runScenario } from './run.js';
import type { Scenario } from './scenario/actions.js';
import { generateScenario } from './scenario/generate.js';
import { shrink } from './shrink.js';

const REPORT_EVERY_MS = 10_000;
/** Seeds after which a parent process hears that it goes on. */
const TELL_EVERY = 50;

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

/** A promise that nobody waits for is as much an accident as an exception (I11). */
let unhandled: unknown;
process.on('unhandledRejection', (reason) => {
  unhandled ??= reason;
});

async function run(scenario: Scenario, writesDown = false): Promise<Outcome> {
  unhandled = undefined;
  const outcome = await runScenario(scenario, writesDown);
  // Node tells of unhandled rejections when its queues are empty.
  await new Promise((resolve) => setImmediate(resolve));
  if (unhandled === undefined || outcome.violation) return outcome;
  const what = unhandled instanceof Error ? (unhandled.stack ?? unhandled.message) : `${unhandled}`;
  return { ...outcome, violation: { invariant: 'I11', what, at: outcome.virtualMs } };
}

async function runAll(from: number, count: number): Promise<number> {
  const startedAt = performance.now();
  const totals = { seeds: 0, steps: 0, events: 0, virtualSeconds: 0 };
  let reportAt = startedAt + REPORT_EVERY_MS;
  const rate = () => Math.round(totals.seeds / ((performance.now() - startedAt) / 1_000));
  for (let seed = from; seed < from + count; seed += 1) {
    const outcome = await run(generateScenario(seed));
    totals.seeds += 1;
    if (totals.seeds % TELL_EVERY === 0) process.send?.(totals.seeds);
    totals.steps += outcome.steps;
    totals.events += outcome.applied;
    totals.virtualSeconds += outcome.virtualMs / 1_000;
    if (outcome.violation) {
      report({ ...totals, passed: false, seed, ...outcome.violation });
      if (!options.json) await explain(outcome);
      return 1;
    }
    if (performance.now() < reportAt || options.json) continue;
    reportAt += REPORT_EVERY_MS;
    console.log(`${totals.seeds} of ${count} seeds passed, ${rate()} seeds/s`);
  }
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  report({ ...totals, passed: true, seconds, seedsPerSecond: rate() });
  return 0;
}

function report(result: Readonly<Record<string, unknown>>): void {
  if (options.json) console.log(JSON.stringify(result));
  else console.log(result);
}

async function explain(outcome: Outcome): Promise<void> {
  const { seed, violation } = outcome;
  console.log(`\nSeed ${seed} violates ${violation?.invariant}: ${violation?.what}`);
  console.log('Shrinking …');
  const smallest = await shrink(generateScenario(seed), outcome);
  console.log(JSON.stringify(smallest, null, 1));
  show(await run(smallest, true));
  console.log(`\nnpm run simulate -- --seed ${seed}   shows it unshrunk`);
}

function show({ lines, violation, steps, virtualMs }: Outcome): void {
  for (const line of lines) console.log(line.slice(0, 400));
  console.log({ violation, steps, virtualMs });
}

if (options.seed === undefined) {
  process.exitCode = await runAll(Number(options.from), Number(options.seeds));
} else {
  const outcome = await run(generateScenario(Number(options.seed)), true);
  show(outcome);
  process.exitCode = outcome.violation ? 1 : 0;
}
