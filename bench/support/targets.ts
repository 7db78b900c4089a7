/** Compares measurements with targets. A missed target is reported and fails nothing. */

import { type BenchRequest, type Results, shown, type Target } from './question.js';

export interface Verdict {
  readonly what: string;
  readonly value: number;
  readonly wanted: string;
  readonly met: boolean;
}

export function verdictsOf(request: BenchRequest, results: Results): readonly Verdict[] {
  return (request.targets ?? []).flatMap((target) =>
    [...results.keys()]
      .filter((name) => target.name === undefined || target.name === name)
      .flatMap((name) => judge(target, name, results)),
  );
}

function judge(target: Target, name: string, results: Results): readonly Verdict[] {
  const { metric, of = 'ours', against, over, difference, atLeast, atMost } = target;
  const median = (peer: string, where = name) => results.get(where)?.get(peer)?.get(metric)?.median;
  const own = median(of);
  const other = against === undefined ? median(of, over) : median(against);
  const isCompared = against !== undefined || over !== undefined;
  if (own === undefined || Number.isNaN(own) || (isCompared && other === undefined)) return [];
  const isQuotient = against !== undefined && !difference;
  const value = isQuotient ? own / (other ?? 1) : own - (isCompared ? (other ?? 0) : 0);
  const wanted =
    atLeast === undefined ? `at most ${shown(atMost ?? 0)}` : `at least ${shown(atLeast)}`;
  const met = atLeast === undefined ? value <= (atMost ?? 0) : value >= atLeast;
  const sign = isQuotient ? '/' : 'less that of';
  const compared = isCompared ? ` ${sign} ${against ?? over}` : '';
  return [{ what: `${name}: ${metric}, ${of}${compared}`, value, wanted, met }];
}

export function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(
    ({ what, value, wanted, met }) =>
      `| ${what} | ${shown(value)} | ${wanted} | ${met ? 'yes' : 'NO'} |`,
  );
  return ['\n| target | measured | wanted | met |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}
