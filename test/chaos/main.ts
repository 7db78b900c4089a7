/** `npm run chaos`: one run, its progress, its figures, and whether anything was violated. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../support/program.js';
import { ROOT } from '../support/root.js';
import { HELP, type Options, readOptions } from './options.js';
import { tableOf } from './report/table.js';
import { runChaos } from './run.js';

/** Beside this program when both are bundled. */
const CLIENT_PROGRAM = fileURLToPath(new URL('./clients.mjs', import.meta.url));

async function main({ minutes, seed, store }: Options): Promise<number> {
  const startedAt = new Date().toISOString().replaceAll(':', '-').slice(0, 19);
  const folder = join(ROOT, '.cache', 'chaos', `${startedAt}-seed-${seed}`);
  mkdirSync(folder, { recursive: true });
  const say = (line: string) => console.log(line);
  say(`seed ${seed}, ${minutes} minutes, ${store}, ${folder}`);
  const report = await runChaos({
    seed,
    folder,
    say,
    store,
    durationMs: minutes * 60_000,
    clientProgram: CLIENT_PROGRAM,
  });
  const file = join(folder, 'report.json');
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  say(`\n${tableOf(report)}\n\n${report.passed ? 'passed' : 'FAILED'}: ${file}`);
  return report.passed ? 0 : 1;
}

await runProgram({ name: 'chaos', help: HELP, readOptions, run: main });
