/**
 * `npm run mutants`: takes one rule after the other out of the product and shows that the simulation
 * notices. Fails if one gets away.
 *
 *     --seeds N   seeds for each mutant (default 10,000)
 *     --only X    mutants whose name holds X
 *     --jobs N    how many at a time (default: processors)
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { MUTANTS } from '../test/simulation/mutants.mjs';
import { bundle } from './support/bundle.mjs';
import { install, requireNode, say } from './support/steps.mjs';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    only: { type: 'string', default: '' },
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
});

/** No seed takes as long as this. */
const SILENCE_MS = 60_000;

requireNode();
install();
const startedAt = performance.now();
const queue = MUTANTS.filter(({ name }) => name.includes(options.only));
const results = new Map();
await Promise.all(Array.from({ length: Number(options.jobs) }, work));

say('\n| mutant | race | noticed as | seed |\n| --- | --- | --- | --- |');
for (const { name, race } of MUTANTS) {
  const result = results.get(name);
  if (!result) continue;
  const { passed, invariant, seed } = result;
  say(`| ${name} | ${race} | ${passed ? '**not noticed**' : invariant} | ${passed ? '' : seed} |`);
}
const survivors = [...results].filter(([, { passed }]) => passed).map(([name]) => name);
const seconds = Math.round((performance.now() - startedAt) / 1_000);
say(
  `\n${results.size - survivors.length} of ${results.size} mutants were noticed, in ${seconds} s`,
);
if (survivors.length > 0) say(`Not noticed: ${survivors.join(', ')}`);
process.exit(survivors.length === 0 && results.size > 0 ? 0 : 1);

async function work() {
  for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
    const result = await examine(mutant);
    results.set(mutant.name, result);
    const verdict = result.passed ? 'NOT NOTICED' : `seed ${result.seed}: ${result.invariant}`;
    say(`${mutant.name}: ${verdict} (${result.what?.split('\n')[0].slice(0, 110) ?? ''})`);
  }
}

/** The simulation's verdict on the product without one rule. */
async function examine(mutant) {
  const file = `.cache/simulation/mutants/${mutant.name}.mjs`;
  const program = await bundle('test/simulation/main.ts', file, mutant);
  const child = fork(program, ['--seeds', options.seeds, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  // It tells how far it is; one that falls silent goes round in circles within a seed.
  let passed = 0;
  let alarm;
  const watch = () => {
    clearTimeout(alarm);
    alarm = setTimeout(() => child.kill('SIGKILL'), SILENCE_MS);
  };
  child.on('message', (seeds) => {
    passed = seeds;
    watch();
  });
  watch();
  const [, signal] = await once(child, 'close');
  clearTimeout(alarm);
  if (signal !== 'SIGKILL') return JSON.parse(output);
  const seed = `after ${passed}`;
  return { passed: false, invariant: 'liveness', seed, what: 'it goes round in circles' };
}
