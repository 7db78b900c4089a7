/** The options of `npm run rolling`. */

import { parseArgs } from 'node:util';
import { wholeNumber } from '../support/program.js';

export const HELP = `Usage: npm run rolling [-- FLAG VALUE …]

Rolling deploys: three servers on one Redis behind nginx, sessions that follow threads, replies being produced
all the time. In each deploy every server is stopped with SIGTERM and started again, one after another. At the
end every session is compared with every other of its thread. Exits 0 if each applied every event once and in
order, every reply has one end, no client was without a live session for more than 5 s, and no more clients came
back than RECONNECTS_PER_SECOND allows, over any five seconds; 1 if not, 2 on a wrong flag.

  --deploys N    how many (default 3)
  --sessions N   how many sessions (default 300)
  --replies N    how many replies at a time, one on each thread (default 30)
  --help         this text
`;

export interface Options {
  readonly deploys: number;
  readonly sessions: number;
  readonly replies: number;
}

/** Throws an error of one line for a wrong argument. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      deploys: { type: 'string', default: '3' },
      sessions: { type: 'string', default: '300' },
      replies: { type: 'string', default: '30' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    deploys: wholeNumber('--deploys', values.deploys, 1, 1_000),
    sessions: wholeNumber('--sessions', values.sessions, 1, 10_000),
    replies: wholeNumber('--replies', values.replies, 1, 1_000),
  };
}
