/** `npm run redis-loss`: measures one configuration after another, and prints a table. */

import { defineProgram, runIfMain } from '../harness/program.js';

export const program = defineProgram({
  name: 'redis-loss',
  about: `What is lost of what was confirmed when Redis goes, by how it is configured: real servers, SIGKILL, failovers to a
replica that keeps up and to one that is a little behind. Prints a table.`,
  passes: 'nothing was lost where nothing may be, and every reader of a lost event got a reset',
  flags: {
    rounds: {
      kind: 'whole number',
      default: 20,
      range: [1, 10_000],
      what: 'faults for each configuration',
    },
  },
  async run({ rounds }, say) {
    const { CASES, measureLoss } = await import('./run.js');
    say('| Redis | fault | confirmed | of these lost | threads hit | of these told |');
    say('| --- | --- | --- | --- | --- | --- |');
    let passed = true;
    for (const kind of CASES) {
      const { confirmed, lost, threadsHit, threadsTold } = await measureLoss(kind, rounds);
      const fault = `${rounds} × ${kind.fault}`;
      say(`| ${[kind.name, fault, confirmed, lost, threadsHit, threadsTold].join(' | ')} |`);
      if ((kind.safe && lost > 0) || threadsTold < threadsHit) passed = false;
    }
    return { passed, report: `${CASES.length} configurations` };
  },
});

await runIfMain(program, import.meta.url);
