/** The options of `npm run redis-loss`. */

import { parseArgs } from 'node:util';
import { wholeNumber } from '../support/program.js';

export const HELP = `Usage: npm run redis-loss [-- FLAG VALUE …]

What is lost of what was confirmed when Redis goes, by how it is configured: real servers, SIGKILL, failovers to a
replica that keeps up and to one that is a little behind. Prints a table; exits 0 if nothing was lost where nothing
may be, and if every reader of a lost event got a reset.

  --rounds N     faults for each configuration (default 20)
  --help         this text
`;

export interface Options {
  readonly rounds: number;
}

/** Throws an error of one line for a wrong argument. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '20' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  return { rounds: wholeNumber('--rounds', values.rounds, 1, 10_000) };
}
