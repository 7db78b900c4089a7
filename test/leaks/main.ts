/** `npm run leaks`: measures server and client before and after, and reports what has grown. */

import { defineProgram, runIfMain } from '../harness/program.js';
import type { Measurement } from './measure.js';

export const program = defineProgram({
  name: 'leaks',
  about: `Clients connect, register, are sent some events and a reply, and leave, again and again, to a server in a
separate process with short times.`,
  passes: `sockets, timers, maps, file handles and the heap of both processes are back within 5 % of where they
were after the warm-up`,
  flags: {
    cycles: {
      kind: 'whole number',
      default: 10_000,
      range: [50, 10_000_000],
      what: 'how many clients come and go after the warm-up',
    },
    warmUp: {
      kind: 'whole number',
      default: 1_000,
      range: [50, 100_000],
      what: 'how many before the baseline: code is compiled, pools are filled',
    },
    leak: { kind: 'switch', what: 'the server keeps 16 KiB of each client: the run must fail' },
  },
  async run(options, say) {
    const { findLeaks } = await import('./run.js');
    const began = performance.now();
    const report = await findLeaks({ ...options, say });
    const { cycles, before, after, grown, passed } = report;
    say(`\n  ${cycles} clients in ${Math.round((performance.now() - began) / 1_000)} s`);
    say(lineOf('server', before.server, after.server, cycles));
    say(lineOf('client', before.client, after.client, cycles));
    for (const line of grown) say(`  grown: ${line}`);
    return { passed, report };
  },
});

function lineOf(name: string, before: Measurement, after: Measurement, cycles: number): string {
  const share = ((after.heap / before.heap - 1) * 100).toFixed(2);
  const each = ((after.heap - before.heap) / cycles).toFixed(1);
  return [
    `  ${name}: heap ${before.heap} -> ${after.heap} bytes (${share} %, ${each} a cycle)`,
    `files ${before.files} -> ${after.files}`,
    `resources ${JSON.stringify(before.resources)} -> ${JSON.stringify(after.resources)}`,
  ].join(', ');
}

await runIfMain(program, import.meta.url);
