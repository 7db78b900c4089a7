/** The options of `npm run chaos`. */

import { parseArgs } from 'node:util';
import { wholeNumber } from '../support/program.js';

export const HELP = `Usage: npm run chaos [-- FLAG VALUE …]

Real processes, real sockets, a real disk, and faults that come from a seed: connections are cut, reset,
stalled, sliced, delayed and swallowed one way; the server is killed, stopped, drained and its disk fails;
clocks jump. At the end every client's history is compared with what was acknowledged and with the log.
Exits 0 if nothing was lost, repeated or out of order, 1 if something was, 2 on a wrong flag.

  --minutes M   how long the faults last (default 1; 0.05 to 600). Up to 2 the faults are dense and short.
  --seed S      which schedule of faults (default 1)
  --store S     what the data is on: lmdb (default; one server), redis (three servers, SIGKILLs of nodes and of
                Redis) or redis-replicated (three servers, failovers to a replica that has confirmed)
  --help        this text
`;

export interface Options {
  readonly minutes: number;
  readonly seed: number;
  readonly store: ChaosStore;
}

const CHAOS_STORES = ['lmdb', 'redis', 'redis-replicated'] as const;
export type ChaosStore = (typeof CHAOS_STORES)[number];

/** Throws an error of one line for a wrong argument. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      store: { type: 'string', default: 'lmdb' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const minutes = Number(values.minutes);
  if (!(minutes >= 0.05 && minutes <= 600)) {
    throw new Error(`--minutes is "${values.minutes}". Allowed: a number from 0.05 to 600.`);
  }
  const store = CHAOS_STORES.find((each) => each === values.store);
  if (!store) {
    throw new Error(`--store is "${values.store}". Allowed: ${CHAOS_STORES.join(', ')}.`);
  }
  const seed = wholeNumber('--seed', values.seed, 0, Number.MAX_SAFE_INTEGER);
  return { minutes, seed, store };
}
