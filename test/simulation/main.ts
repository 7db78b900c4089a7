/** `npm run simulate`: many seeds, or one with everything that happens in it. */

import { defineProgram, runIfMain } from '../harness/program.js';

/** The simulation uses 32 bits of a seed: larger seeds would repeat worlds. */
const MAX_SEED = 2 ** 32 - 1;

export const program = defineProgram({
  name: 'simulate',
  about: `Runs worlds in virtual time, each decided by one number, its seed: pages, a network, a server on a disk, and
what goes wrong with them; or two or three servers on one Redis. The client, the protocol, the session server and the
stores are the real ones. What must always hold is checked at every step; once the faults have ended, everything must settle.
Ends after the first seed that violates something, with its shrunk trace. With --trace it decides again what a server
has decided, from a trace that was exported in detail, and names the first difference.`,
  passes: 'nothing was violated',
  flags: {
    seeds: { kind: 'whole number', default: 1_000, range: [1, MAX_SEED], what: 'how many seeds' },
    from: { kind: 'whole number', default: 1, range: [0, MAX_SEED], what: 'the first of them' },
    kept: {
      kind: 'switch',
      what: 'before them, those that have failed at some time (test/simulation/seeds.ts)',
    },
    cluster: { kind: 'switch', what: 'worlds with two or three nodes on one Redis' },
    seed: {
      kind: 'whole number',
      range: [0, MAX_SEED],
      what: 'only this one, with everything that happens in it',
    },
    trace: { kind: 'text', what: 'a file: decides again what this exported trace has' },
    json: { kind: 'switch', what: 'one line of JSON at the end, for programs' },
  },
  check({ seeds, from, seed, trace }, given) {
    const isReplay = given.includes('trace');
    if (isReplay && (trace === '' || given.length > 1)) {
      throw new Error('--trace names a file, and allows no other flag.');
    }
    if (from + seeds - 1 > MAX_SEED) throw new Error(`The last possible seed is ${MAX_SEED}.`);
    if (seed !== undefined && given.some((flag) => flag !== 'seed' && flag !== 'cluster')) {
      throw new Error('--seed replays one seed and allows no other flag but --cluster.');
    }
  },
  async run({ seed, trace, ...range }, say) {
    if (trace !== '') {
      const { replayFile } = await import('./replay/replay-file.js');
      return { passed: await replayFile(trace, say) };
    }
    const { replay, runSeeds } = await import('./run-seeds.js');
    const done = seed === undefined ? runSeeds(range, say) : replay(seed, range.cluster, say);
    return { passed: await done };
  },
});

await runIfMain(program, import.meta.url);
