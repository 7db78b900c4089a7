/** The figures of a run as a table in Markdown. */

import { type Result, titleOf } from './result.js';

const HEAD = [
  'scenario',
  'finding',
  'p99 before',
  'control',
  'during',
  'ratio',
  'p50 during',
  'loop max',
  'new user',
  'RSS max',
  'MB a peer',
  'broken',
];

export function tableOf(results: readonly Result[]): string {
  const rows = [HEAD, HEAD.map(() => '---'), ...results.map(rowOf)];
  return rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function rowOf({ name, part, finding, figures, broken }: Result): readonly string[] {
  const of = (figure: string, unit = '') => {
    const value = figures[figure];
    return value === undefined ? '' : `${Math.round(value * 10) / 10}${unit}`;
  };
  return [
    titleOf(name, part),
    finding,
    of('baseP99Ms', ' ms'),
    of('controlP99Ms', ' ms'),
    of('p99Ms', ' ms'),
    of('ratio'),
    of('p50Ms', ' ms'),
    of('loopMaxMs', ' ms'),
    of('newUserMs', ' ms'),
    of('rssMb', ' MB'),
    of('mbPerPeer'),
    broken.length === 0 ? 'none' : broken.map((line) => line.split(' ')[0]).join(', '),
  ];
}
