/** Runs seeds one after another, and shows the first one that fails, shrunk; or one seed, with its trace. */

import type { Say } from '../harness/program.js';
import type { Outcome } from './run.js';
import type { Scenario } from './scenario/actions.js';
import { generateClusterScenario } from './scenario/cluster.js';
import { generateScenario } from './scenario/generate.js';
import { FOUND, type FoundSeed } from './seeds.js';
import { shrink } from './shrink.js';
import { runWatched } from './watched.js';

const REPORT_EVERY_MS = 10_000;
/** How often a parent process gets a report of progress. */
const TELL_EVERY_MS = 1_000;

interface Range {
  readonly seeds: number;
  readonly from: number;
  readonly kept: boolean;
  /** Several nodes on one Redis. */
  readonly cluster: boolean;
  readonly json: boolean;
}

/** Resolves with whether all seeds have passed. */
export async function runSeeds(
  { seeds: count, from, kept, cluster, json }: Range,
  say: Say,
): Promise<boolean> {
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1_000;
  const totals = { seeds: 0, steps: 0, events: 0, virtualSeconds: 0 };
  const rate = () => Math.round(totals.seeds / seconds());
  let reportAt = startedAt + REPORT_EVERY_MS;
  let tellAt = startedAt;
  const found = kept ? FOUND.filter((each) => each.cluster === cluster) : [];
  const all = count + found.length;

  for (const seed of seedsOf(from, count, found)) {
    const outcome = await runWatched(scenarioOf(seed, cluster));
    totals.seeds += 1;
    totals.steps += outcome.steps;
    totals.events += outcome.applied;
    totals.virtualSeconds += outcome.virtualMs / 1_000;
    const now = performance.now();
    if (process.connected && now >= tellAt) {
      process.send?.(totals.seeds);
      tellAt = now + TELL_EVERY_MS;
    }
    if (outcome.violation) {
      if (json) say(JSON.stringify({ ...totals, passed: false, seed, ...outcome.violation }));
      else await explain(outcome, cluster, say);
      return false;
    }
    if (now < reportAt || json) continue;
    reportAt = now + REPORT_EVERY_MS;
    say(`${totals.seeds} of ${all} seeds passed, ${rate()} seeds/s; the last was ${seed}`);
  }

  const { steps, events, virtualSeconds } = totals;
  if (json) say(JSON.stringify({ ...totals, passed: true, seedsPerSecond: rate() }));
  else {
    say(
      `${totals.seeds} seeds passed in ${seconds().toFixed(1)} s, ${rate()} seeds/s: ${steps} steps, ` +
        `${events} events applied, ${Math.round(virtualSeconds)} virtual seconds`,
    );
  }
  return true;
}

const scenarioOf = (seed: number, cluster: boolean): Scenario =>
  cluster ? generateClusterScenario(seed) : generateScenario(seed);

function* seedsOf(from: number, count: number, found: readonly FoundSeed[]): Generator<number> {
  for (const { seed } of found) yield seed;
  for (let seed = from; seed < from + count; seed += 1) yield seed;
}

/** Prints the shrunk scenario of a failure, with its trace. */
async function explain(outcome: Outcome, cluster: boolean, say: Say): Promise<void> {
  const { seed, violation } = outcome;
  say(`Seed ${seed} violates ${violation?.invariant}: ${violation?.what}`);
  say('Shrinking …');
  const smallest = await shrink(scenarioOf(seed, cluster), outcome);
  say(`The smallest world that still fails:\n${JSON.stringify(smallest, null, 1)}`);
  show(await runWatched(smallest, true), say);
  const flag = cluster ? '--cluster ' : '';
  say(`\nnpm run simulate -- ${flag}--seed ${seed}   shows it unshrunk`);
}

export async function replay(seed: number, cluster: boolean, say: Say): Promise<boolean> {
  const outcome = await runWatched(scenarioOf(seed, cluster), true);
  show(outcome, say);
  return !outcome.violation;
}

function show({ seed, lines, violation, steps, virtualMs }: Outcome, say: Say): void {
  for (const line of lines) say(line.slice(0, 400));
  const verdict = violation ? `violates ${violation.invariant}: ${violation.what}` : 'passed';
  say(
    `seed ${seed} ${verdict} (${steps} steps, ${(virtualMs / 1_000).toFixed(1)} virtual seconds)`,
  );
}
