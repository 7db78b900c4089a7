/** `npm run crash-images`: takes images, opens them, and reports the results of each kind. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../support/program.js';
import { HELP, type Options, readOptions } from './options.js';
import { makeFolder, type Outcome, RESULTS, runCrashImages } from './run.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Beside this program when they are bundled. */
const programs = {
  writer: fileURLToPath(new URL('./writer.mjs', import.meta.url)),
  opener: fileURLToPath(new URL('./opener.mjs', import.meta.url)),
};

async function main({ images, seed }: Options): Promise<number> {
  const startedAt = new Date().toISOString().replaceAll(':', '-').slice(0, 19);
  const folder = makeFolder(ROOT, `${startedAt}-seed-${seed}`);
  const began = performance.now();
  const say = (line: string) => console.log(line);
  const outcome = await runCrashImages({
    images,
    seed,
    folder,
    programs,
    say,
  });
  const seconds = Math.round((performance.now() - began) / 1_000);
  const file = join(folder, 'report.json');
  const passed = outcome.findings.length === 0;
  writeFileSync(file, `${JSON.stringify({ passed, seed, seconds, ...outcome }, null, 2)}\n`);
  say(`\n${tableOf(outcome)}\n\n${passed ? 'passed' : 'FAILED'} in ${seconds} s: ${file}`);
  return passed ? 0 : 1;
}

function tableOf({ images, counts, codes, acknowledged }: Outcome): string {
  const columns = RESULTS.map((name) => name.padStart(16)).join('');
  const rows = Object.entries(counts).map(
    ([damage, results]) =>
      `  ${damage.padEnd(10)}${RESULTS.map((name) => `${results[name]}`.padStart(16)).join('')}`,
  );
  const refusals = Object.entries(codes).map(([code, count]) => `${code} ${count}`);
  return [
    `  ${images} images, ${acknowledged} acknowledged appends looked for`,
    `  ${' '.repeat(10)}${columns}`,
    ...rows,
    `  refusals: ${refusals.join(', ') || 'none'}`,
  ].join('\n');
}

await runProgram({ name: 'crash-images', help: HELP, readOptions, run: main });
