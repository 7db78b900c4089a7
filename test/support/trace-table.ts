/** The steps of the trace, as docs/deploy.md lists them with their fields. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.js';

/** The fields by step, in the order of the table. */
export function documentedSteps(): ReadonlyMap<string, readonly string[]> {
  const page = readFileSync(join(ROOT, 'docs', 'deploy.md'), 'utf8');
  const [, section = ''] = page.split('### The steps of the trace');
  const [rows = ''] = section.split('\n## ');
  return new Map(
    rows
      .split('\n')
      .map((row) => row.split('|').map((cell) => cell.trim()))
      .flatMap(([, step = '', fields = '']) => {
        const [name] = quotedIn(step);
        return name === undefined ? [] : [[name, quotedIn(fields)] as const];
      }),
  );
}

/** A reference to another row adds that row's fields. */
export function fieldsOf(step: string): readonly string[] {
  const steps = documentedSteps();
  const fields = steps.get(step) ?? [];
  return fields.flatMap((field) => steps.get(field) ?? [field]);
}

const quotedIn = (cell: string): readonly string[] =>
  Array.from(cell.matchAll(/`([^`]+)`/g), ([, name = '']) => name);
