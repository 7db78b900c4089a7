/** The options of `npm run lifecycle`. */

import { parseArgs } from 'node:util';
import { wholeNumber } from '../support/program.js';

export const HELP = `Usage: npm run lifecycle [-- FLAG VALUE …]

Pages in a real Chromium, while numbers are published: the page's process is stopped, the network is gone, the user
goes elsewhere and back (out of the browser's cache), the page is reloaded, the tab duplicated, the tab that has the
shared connection closes, or hangs. Every page checks each number that it gets. Exits 0 if none was lost or
repeated and every page was live again, with everything, within 2 s (after a hanging tab: 5 s); 1 if not, 2 on a
wrong flag.

  --cycles N  how often each (default 20)
  --only X    those kinds whose name holds X
  --away S    how many seconds a page is frozen or offline (default 60)
  --help      this text
`;

export interface Options {
  readonly cycles: number;
  readonly only: string;
  readonly awayMs: number;
}

/** Throws an error of one line for a wrong argument. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cycles: { type: 'string', default: '20' },
      only: { type: 'string', default: '' },
      away: { type: 'string', default: '60' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    cycles: wholeNumber('--cycles', values.cycles, 1, 1_000),
    only: values.only,
    awayMs: wholeNumber('--away', values.away, 1, 3_600) * 1_000,
  };
}
