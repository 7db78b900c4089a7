/** `npm run chaos`: one run, its progress, its figures, and whether anything was violated. */

import { defineProgram, runIfMain } from '../harness/program.js';
import { makeRunFolder, writeReport } from '../harness/run-folder.js';
import { tableOf } from './report/table.js';

export const program = defineProgram({
  name: 'chaos',
  about: `Real processes, real sockets, a real disk, and faults that come from a seed: connections are cut, reset,
stalled, sliced, delayed and swallowed one way; the server is killed, stopped, drained and its disk fails;
clocks jump. At the end every client's history is compared with what was acknowledged and with the log.`,
  passes: 'nothing was lost, repeated or out of order',
  flags: {
    minutes: {
      kind: 'number',
      default: 1,
      range: [0.05, 600],
      what: 'how long the faults last; up to 2 they are dense and short',
    },
    seed: { kind: 'whole number', default: 1, what: 'which schedule of faults' },
    store: {
      kind: 'choice',
      what: 'what the data is on',
      choices: {
        lmdb: 'one server',
        redis: 'three servers, SIGKILLs of nodes and of Redis',
        'redis-replicated': 'three servers, failovers to a replica that has confirmed',
      },
    },
  },
  async run({ minutes, seed, store }, say) {
    const { runChaos } = await import('./run.js');
    const folder = makeRunFolder('chaos', seed);
    say(`seed ${seed}, ${minutes} minutes, ${store}, ${folder}`);
    const report = await runChaos({ seed, folder, say, store, durationMs: minutes * 60_000 });
    say(`\n${tableOf(report)}\n`);
    return { passed: report.passed, report: writeReport(folder, report) };
  },
});

await runIfMain(program, import.meta.url);
