/** docs/invariants.md names mutants, tests and commands: each of them exists, and no mutant is left out. */

import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MUTANTS } from './simulation/mutants.mjs';
import { ROOT } from './support/command.js';

const text = await readFile(join(ROOT, 'docs', 'invariants.md'), 'utf8');
const races = text.slice(text.indexOf('## Races'));

/** The names in the n-th column of the rows of a table, by the row's number. */
const column = (rows: string, n: number): ReadonlyMap<string, string> =>
  new Map(
    rows
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .flatMap((cells) =>
        /^[IR]\d+$/.test(cells[1] ?? '') ? [[cells[1] ?? '', cells[n] ?? '']] : [],
      ),
  );

const quoted = (cell: string): readonly string[] =>
  Array.from(cell.matchAll(/`([^`]+)`/g), ([, name]) => name ?? '');

describe('docs/invariants.md', () => {
  test('numbers every invariant and every race', () => {
    const numbers = (letter: string, count: number) =>
      Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);
    expect([...column(text, 2).keys()]).toEqual([...numbers('I', 12), ...numbers('R', 59)]);
  });

  test('names every mutant, and no other', () => {
    const named = new Set([...column(races, 4).values()].flatMap(quoted));
    expect([...named].sort()).toEqual(MUTANTS.map(({ name }) => name).sort());
  });

  test('names test files and commands that exist', async () => {
    const files = await Promise.all(
      ['packages', 'test'].map((folder) => readdir(join(ROOT, folder), { recursive: true })),
    );
    const known = new Set(files.flat().map((path) => basename(path)));
    const named = quoted(text).filter((name) => name.endsWith('.test.ts'));
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !known.has(basename(name)))).toEqual([]);

    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    const commands = Array.from(text.matchAll(/`npm run ([\w:-]+)/g), ([, name]) => name ?? '');
    expect(commands.filter((name) => !(name in scripts))).toEqual([]);
  });
});
