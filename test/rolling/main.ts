/** `npm run rolling`: one run, its progress and its figures. */

import { fileURLToPath } from 'node:url';
import { runProgram } from '../support/program.js';
import { HELP, type Options, readOptions } from './options.js';
import { runRolling } from './run.js';

/** Beside this program when both are bundled. */
const FOLLOWERS = fileURLToPath(new URL('./followers.mjs', import.meta.url));
const SHOWN = 10;

async function main(options: Options): Promise<number> {
  const report = await runRolling(options, FOLLOWERS, (line) => console.log(line));
  const { away, replies, violations } = report;
  const ends = Object.entries(replies).map(([status, count]) => `${status} ${count}`);
  console.log(`
  deploys        ${report.deploys} of three servers, p50 ${report.deployMs.p50} ms, max ${report.deployMs.max} ms
  sessions       ${report.sessions}, ${report.events} events on their threads
  replies        ${ends.join(', ')}
  away           p50 ${away.p50} ms, p99 ${away.p99} ms, max ${away.max} ms: the longest time of each session
  came back      ${report.returns} times, at most ${report.returnsPerSecond} a second over 5 s, ${report.returnsInFullestSecond} in one second
  violations     ${violations.length}
${violations
  .slice(0, SHOWN)
  .map((violation) => `    ${violation}\n`)
  .join('')}
${report.passed ? 'passed' : 'FAILED'}: ${JSON.stringify({ ...report, violations: violations.length })}`);
  return report.passed ? 0 : 1;
}

await runProgram({ name: 'rolling', help: HELP, readOptions, run: main });
