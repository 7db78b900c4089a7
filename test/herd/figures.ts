/** The figures of a run, and their bounds. */

import type { Bounds, Figures } from '../attack/judge.js';
import { quantiles } from '../attack/quantiles.js';
import type { Seen } from './clients/program.js';

/** What both processes of clients count. */
const COUNTED = [
  'refused',
  'published',
  'received',
  'lost',
  'repeated',
  'outOfOrder',
  'announced',
  'sendsRefused',
] as const;

/** What holds in each run. */
const ALWAYS: Bounds = {
  most: {
    missing: 0,
    refused: 0,
    lost: 0,
    repeated: 0,
    outOfOrder: 0,
    announced: 0,
    sendsRefused: 0,
    rejections: 0,
    internalErrors: 0,
  },
  least: { published: 1 },
};
const LONG: Bounds = { most: { lastMs: 15_000, loopP99Ms: 250 } };
/** Tests run beside it. */
const SHORT: Bounds = { most: { lastMs: 45_000 } };

export const boundsOf = (short: boolean): readonly Bounds[] => [ALWAYS, short ? SHORT : LONG];

/** A session that is not live again counts with the time that the run has waited for it. */
export function figuresOf(
  seen: readonly Seen[],
  { sessions, waitedMs }: { readonly sessions: number; readonly waitedMs: number },
): Figures {
  const returns = seen.flatMap((each) => each.returnsMs);
  const missing = sessions - returns.length;
  const at = quantiles([...returns, ...Array<number>(missing).fill(waitedMs)]);
  const sums = COUNTED.map((name) => [name, seen.reduce((sum, each) => sum + each[name], 0)]);
  return {
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    lastMs: at(1),
    missing,
    ...Object.fromEntries(sums),
  };
}

export function linesOf(figures: Figures): readonly string[] {
  const of = (name: string) => Math.round(figures[name] ?? Number.NaN).toLocaleString('en');
  return [
    `up            ${of('upMs')} ms after the SIGKILL`,
    `live again    p50 ${of('p50Ms')} ms, p99 ${of('p99Ms')} ms, last ${of('lastMs')} ms; ${of('missing')} missing, ${of('refused')} refused for good`,
    `events        ${of('published')} published, ${of('received')} received; ${of('lost')} lost, ${of('repeated')} repeated, ${of('outOfOrder')} out of order`,
    `event loop    p99 ${of('loopP99Ms')} ms, max ${of('loopMaxMs')} ms; ${of('rssMb')} MB`,
  ];
}
