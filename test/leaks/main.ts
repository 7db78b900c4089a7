/** `npm run leaks`: measures server and client before and after, and reports what has grown. */

import { fileURLToPath } from 'node:url';
import { runProgram } from '../support/program.js';
import type { Measurement } from './measure.js';
import { HELP, type Options, readOptions } from './options.js';
import { findLeaks } from './run.js';

/** Beside this program when both are bundled. */
const SERVER_PROGRAM = fileURLToPath(new URL('./server.mjs', import.meta.url));

async function main(options: Options): Promise<number> {
  const began = performance.now();
  const say = (line: string) => console.log(line);
  const report = await findLeaks({ ...options, serverProgram: SERVER_PROGRAM, say });
  const { cycles } = options;
  const { before, after, grown, passed } = report;
  say(`\n  ${cycles} clients in ${Math.round((performance.now() - began) / 1_000)} s`);
  say(lineOf('server', before.server, after.server, cycles));
  say(lineOf('client', before.client, after.client, cycles));
  for (const line of grown) say(`  grown: ${line}`);
  say(`${passed ? 'passed' : 'FAILED'}: ${JSON.stringify(report)}`);
  return passed ? 0 : 1;
}

function lineOf(name: string, before: Measurement, after: Measurement, cycles: number): string {
  const share = ((after.heap / before.heap - 1) * 100).toFixed(2);
  const each = ((after.heap - before.heap) / cycles).toFixed(1);
  return [
    `  ${name}: heap ${before.heap} -> ${after.heap} bytes (${share} %, ${each} a cycle)`,
    `files ${before.files} -> ${after.files}`,
    `resources ${JSON.stringify(before.resources)} -> ${JSON.stringify(after.resources)}`,
  ].join(', ');
}

await runProgram({ name: 'leaks', help: HELP, readOptions, run: main });
