/** The options of `npm run crash-images`. */

import { parseArgs } from 'node:util';
import { wholeNumber } from '../support/program.js';

export const HELP = `Usage: npm run crash-images [-- FLAG VALUE …]

A process writes to a real data directory; it is stopped (SIGSTOP) at random moments and the directory is
copied: that is what a process leaves that crashes at this moment. Of each copy there is one as it is, one cut
short and one with flipped bits. Each is opened in another process: it must give what was acknowledged, or a
true prefix of that if it was damaged, or be refused with a clear error. Exits 0 if so, 1 if not, 2 on a wrong
flag.

  --images N   how many images (default 60; 3 to 100,000)
  --seed S     where and how the damage is done (default 1)
  --help       this text
`;

export interface Options {
  readonly images: number;
  readonly seed: number;
}

/** Throws an error of one line for a wrong argument. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      images: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    images: wholeNumber('--images', values.images, 3, 100_000),
    seed: wholeNumber('--seed', values.seed, 0, Number.MAX_SAFE_INTEGER),
  };
}
