/**
 * `npm run mutants`: removes one rule after another from the product and shows that the simulation notices.
 * Fails if a mutant survives.
 */

import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { MUTANTS } from '../test/simulation/mutants.mjs';
import { bundle } from './support/bundle.mjs';
import { markdownOf, rowsOf, tableOf } from './support/mutant-table.mjs';
import { outOfDate } from './support/mutate.mjs';
import { PROGRAMS } from './support/programs.mjs';
import { fail, install, requireNode, say } from './support/steps.mjs';

const HELP = `Usage: npm run mutants [-- FLAG VALUE …]

Takes one rule after the other out of the product, in a separate bundle, and runs the simulation until a seed
fails. Exits 0 if every mutant is noticed, 1 if one gets away, 2 on a wrong flag.

  --seeds N        seeds for each mutant (default 10,000)
  --only A,B       mutants whose name holds one of these texts
  --jobs N         how many at a time (default: processors)
  --markdown FILE  writes the table of the results to a file, as docs/lab/mutants.md is written
  --help           this text
`;

const EXIT_USAGE = 2;
/** Longer than any seed takes: after it a seed counts as an endless loop. */
const SILENCE_MS = 60_000;

const options = readOptions();
requireNode();
install();
const startedAt = performance.now();
const chosen = MUTANTS.filter(({ name }) => options.only.some((text) => name.includes(text)));
if (chosen.length === 0) refuse(`No mutant's name holds "${options.only.join('" or "')}".`);
const stale = outOfDate(MUTANTS);
if (stale.length > 0) fail(`Marks and mutants do not fit:\n${stale.join('\n')}`);
const { main, nodeFlags } = PROGRAMS.simulate;
const plain = await bundle(main, '.cache/simulation/mutants/none.mjs');
const queue = [...chosen];
const results = new Map();
await Promise.all(Array.from({ length: options.jobs }, work));

const survivors = chosen.filter(({ name }) => results.get(name).passed);
const seconds = Math.round((performance.now() - startedAt) / 1_000);
const { seeds } = options;
const noticed = chosen.length - survivors.length;
const summary = `${noticed} of ${chosen.length} mutants were noticed within ${seeds} seeds, in ${seconds} s`;
say(`\n${tableOf(rowsOf(chosen, results))}\n\n${summary}`);
if (survivors.length > 0) say(`Not noticed: ${survivors.map(({ name }) => name).join(', ')}`);
if (options.markdown) {
  writeFileSync(options.markdown, markdownOf(rowsOf(chosen, results), summary));
}
process.exit(survivors.length === 0 ? 0 : 1);

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        seeds: { type: 'string', default: '10000' },
        only: { type: 'string', default: '' },
        jobs: { type: 'string', default: String(availableParallelism()) },
        markdown: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(HELP);
      process.exit(0);
    }
    return {
      seeds: whole('--seeds', values.seeds, 1_000_000),
      only: values.only.split(','),
      jobs: whole('--jobs', values.jobs, 64),
      markdown: values.markdown === undefined ? undefined : resolve(values.markdown),
    };
  } catch (error) {
    return refuse(error.message.split('\n')[0]);
  }
}

function whole(flag, text, max) {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1 && value <= max) return value;
  throw new Error(`${flag} is "${text}". Allowed: a whole number from 1 to ${max}.`);
}

function refuse(message) {
  process.stderr.write(`${message} 'npm run mutants -- --help' lists what there is.\n`);
  process.exit(EXIT_USAGE);
}

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
  const program = await bundle(main, file, { mutant });
  const flags = mutant.cluster ? ['--cluster'] : [];
  const child = fork(program, [...flags, '--seeds', String(options.seeds), '--json'], {
    execArgv: nodeFlags,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  // The simulation reports its progress. If it falls silent, a seed is in an endless loop.
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
  const [code, signal] = await once(child, 'close');
  clearTimeout(alarm);
  if (signal === 'SIGKILL') {
    const seed = `after ${passed}`;
    return { passed: false, invariant: 'liveness', seed, what: 'it is in an endless loop' };
  }
  if (output === '') throw new Error(`${mutant.name} ended with ${code ?? signal} and no output`);
  const result = JSON.parse(output);
  if (!result.passed && failsAnyway(result.seed, flags)) {
    fail(
      `Seed ${result.seed} fails without ${mutant.name}, too: npm run simulate -- ${[...flags, '--seed', result.seed].join(' ')}`,
    );
  }
  return result;
}

/** Whether the product with all its rules fails at a seed: then the failure proves nothing about a mutant. */
function failsAnyway(seed, kind) {
  const flags = [...kind, '--seeds', '1', '--from', String(seed), '--json'];
  const { status } = spawnSync(process.execPath, [...nodeFlags, plain, ...flags], {
    stdio: 'ignore',
  });
  return status !== 0;
}
