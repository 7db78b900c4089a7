/** `npm run rolling`: one run, its progress and its figures. */

import { listCounts } from '../harness/figures.js';
import { defineProgram, runIfMain } from '../harness/program.js';

const SHOWN = 10;

export const program = defineProgram({
  name: 'rolling',
  about: `Rolling deploys: three servers on one Redis behind nginx, sessions that follow threads, replies being produced
all the time. In each deploy every server is stopped with SIGTERM and started again, one after another. At the
end every session is compared with every other of its thread.`,
  passes: `each applied every event once and in order, every reply has one end, no client was without a live
session for more than 5 s, and no more clients came back than RECONNECTS_PER_SECOND allows, over any five seconds`,
  flags: {
    deploys: { kind: 'whole number', default: 3, range: [1, 1_000], what: 'how many' },
    sessions: { kind: 'whole number', default: 300, range: [1, 10_000], what: 'how many sessions' },
    replies: {
      kind: 'whole number',
      default: 30,
      range: [1, 1_000],
      what: 'how many replies at a time, one on each thread',
    },
  },
  async run(options, say) {
    const { runRolling } = await import('./run.js');
    const report = await runRolling(options, say);
    const { away, replies, violations, passed } = report;
    say(`
  deploys        ${report.deploys} of three servers, p50 ${report.deployMs.p50} ms, max ${report.deployMs.max} ms
  sessions       ${report.sessions}, ${report.events} events on their threads
  replies        ${listCounts(replies)}
  away           p50 ${away.p50} ms, p99 ${away.p99} ms, max ${away.max} ms: the longest time of each session
  came back      ${report.returns} times, at most ${report.returnsPerSecond} a second over 5 s, ${report.returnsInFullestSecond} in one second
  violations     ${violations.length}`);
    for (const violation of violations.slice(0, SHOWN)) say(`    ${violation}`);
    return { passed, report: { ...report, violations: violations.length } };
  },
});

await runIfMain(program, import.meta.url);
