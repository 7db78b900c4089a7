/** The steps of the trace, as docs/trace.md lists them with their fields. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.js';

/** The cells of the table's rows, by step. */
function rows(): ReadonlyMap<string, string> {
  const page = readFileSync(join(ROOT, 'docs', 'trace.md'), 'utf8');
  const [, section = ''] = page.split('## The steps\n');
  const cells = section
    .split('\n')
    .map((row) => row.split('|').map((cell) => cell.trim()))
    .flatMap(([, step = '', fields = '']) => quotedIn(step).map((name) => [name, fields] as const));
  return new Map(cells);
}

/** The fields of a step. */
export function fieldsOf(step: string): readonly string[] {
  const fields = rows().get(step) ?? '';
  const [, other] = /^the fields of `(\w+)`$/.exec(fields) ?? [];
  return other === undefined ? quotedIn(fields) : fieldsOf(other);
}

/** The steps, in the order of the table. */
export const documentedSteps = (): readonly string[] => [...rows().keys()];

const quotedIn = (cell: string): readonly string[] =>
  Array.from(cell.matchAll(/`([^`]+)`/g), ([, name = '']) => name);
