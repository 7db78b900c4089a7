/** docs/tracing.md lists every span with its attributes and events. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../../../../test/support/root.js';
import { SPANS } from './names.js';

const page = readFileSync(join(ROOT, 'docs', 'tracing.md'), 'utf8');

/** The cells of the table that begins with this column, row by row. */
function rowsOf(column: string): readonly (readonly string[])[] {
  const [, table = ''] = page.split(`\n| ${column} |`);
  const [rows = ''] = table.split('\n\n');
  return rows
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const quotedIn = (cell = ''): readonly string[] =>
  Array.from(cell.matchAll(/`([^`]+)`/g), ([, name = '']) => name);

test('has every span with its kind, attributes and events, and no other', () => {
  const documented = rowsOf('span').map(([name, kind, , attributes, events]) => [
    quotedIn(name)[0],
    { kind, attributes: quotedIn(attributes), events: quotedIn(events) },
  ]);
  expect(Object.fromEntries(documented)).toEqual(SPANS);
  expect(documented).toHaveLength(Object.keys(SPANS).length);
});

test.each(['attributes', 'events'] as const)('explains each of the %s once', (kind) => {
  const documented = rowsOf(kind.slice(0, -1)).flatMap(([names]) => quotedIn(names));
  const all = new Set<string>(Object.values(SPANS).flatMap((span) => [...span[kind]]));
  expect([...documented].sort()).toEqual([...all].sort());
});
