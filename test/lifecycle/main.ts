/** `npm run lifecycle`: reports how long each cycle took, and whether that was soon enough. */

import { runProgram } from '../support/program.js';
import { HELP, type Options, readOptions } from './options.js';
import { runLifecycle } from './run.js';

const SOON_MS = 2_000;
/** A hanging tab is not reported by the browser: the other tab needs two probes and a second without an answer. */
const DEPOSED_MS = 5_000;

async function main(options: Options): Promise<number> {
  const report = await runLifecycle({ ...options, say: (line) => console.log(line) });
  const late = Object.entries(report).filter(
    ([name, times]) => Math.max(...times) > (name === 'deposed' ? DEPOSED_MS : SOON_MS),
  );
  for (const [name, times] of late) console.log(`late: ${name}, ${Math.max(...times)} ms`);
  console.log(`${late.length === 0 ? 'passed' : 'FAILED'}: ${JSON.stringify(report)}`);
  return late.length === 0 ? 0 : 1;
}

await runProgram({ name: 'lifecycle', help: HELP, readOptions, run: main });
