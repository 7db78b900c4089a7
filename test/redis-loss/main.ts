/** `npm run redis-loss`: measures one configuration after another, and prints a table. */

import { runProgram } from '../support/program.js';
import { HELP, type Options, readOptions } from './options.js';
import { CASES, measureLoss } from './run.js';

async function main({ rounds }: Options): Promise<number> {
  console.log('| Redis | fault | confirmed | of these lost | threads hit | of these told |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  let passed = true;
  for (const kind of CASES) {
    const { confirmed, lost, threadsHit, threadsTold } = await measureLoss(kind, rounds);
    const cells = [
      kind.name,
      `${rounds} × ${kind.fault}`,
      confirmed,
      lost,
      threadsHit,
      threadsTold,
    ];
    console.log(`| ${cells.join(' | ')} |`);
    if ((kind.safe && lost > 0) || threadsTold < threadsHit) passed = false;
  }
  console.log(passed ? 'passed' : 'FAILED');
  return passed ? 0 : 1;
}

await runProgram({ name: 'redis-loss', help: HELP, readOptions, run: main });
