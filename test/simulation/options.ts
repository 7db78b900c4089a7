/** The options of `npm run simulate`. */

import { parseArgs } from 'node:util';
import { wholeNumber } from '../support/program.js';

export const HELP = `Usage: npm run simulate [-- FLAG VALUE …]

Runs worlds in virtual time, each decided by one number, its seed: pages, a network, a server on a disk, and
what goes wrong with them. The client, the protocol, the session server and the embedded store are the real
ones. What must always hold is checked at every step; once the faults have ended, everything must settle.
Exits 0 if nothing was violated; 1 after the first seed that was, with its shrunk trace; 2 on a wrong flag.

  --seeds N   how many seeds (default 1,000)
  --from N    the first of them (default 1)
  --kept      before them, those that have failed at some time (test/simulation/seeds.ts)
  --seed N    only this one, with everything that happens in it
  --json      one line of JSON at the end, for programs
  --help      this text
`;

/** The simulation uses 32 bits of a seed: larger seeds would repeat worlds. */
const MAX_SEED = 2 ** 32 - 1;

export interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly kept: boolean;
  /** Runs only this seed. */
  readonly seed: number | undefined;
  readonly json: boolean;
}

/** Throws an error of one line for a wrong argument. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string' },
      from: { type: 'string' },
      kept: { type: 'boolean', default: false },
      seed: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const { kept, json } = values;
  const seeds = wholeNumber('--seeds', values.seeds ?? '1000', 1, MAX_SEED);
  const from = wholeNumber('--from', values.from ?? '1', 0, MAX_SEED);
  if (from + seeds - 1 > MAX_SEED) throw new Error(`The last possible seed is ${MAX_SEED}.`);
  if (values.seed === undefined) return { seeds, from, kept, json, seed: undefined };
  if (values.seeds !== undefined || values.from !== undefined || kept || json) {
    throw new Error('--seed replays one seed and allows no other flag.');
  }
  return { seeds, from, kept, json, seed: wholeNumber('--seed', values.seed, 0, MAX_SEED) };
}
