/** The options of `npm run leaks`. */

import { parseArgs } from 'node:util';
import { wholeNumber } from '../support/program.js';

export const HELP = `Usage: npm run leaks [-- FLAG VALUE …]

Clients connect, register, are sent some events and a reply, and leave, again and again, to a server in a
separate process with short times. Afterwards sockets, timers, maps, file handles and the heap of both
processes must be back within 5 % of where they were after the warm-up. Exits 0 if so, 1 if not, 2 on a wrong
flag.

  --cycles N   how many clients come and go after the warm-up (default 10,000; 50 to 10,000,000)
  --warm-up N  how many before the baseline (default 1,000; 50 to 100,000): code is compiled, pools are filled
  --leak       the server keeps 16 KiB of each client: the run must fail
  --help       this text
`;

export interface Options {
  readonly cycles: number;
  readonly warmUp: number;
  readonly leak: boolean;
}

/** Throws an error of one line for a wrong argument. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cycles: { type: 'string', default: '10000' },
      'warm-up': { type: 'string', default: '1000' },
      leak: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    cycles: wholeNumber('--cycles', values.cycles, 50, 10_000_000),
    warmUp: wholeNumber('--warm-up', values['warm-up'], 50, 100_000),
    leak: values.leak,
  };
}
