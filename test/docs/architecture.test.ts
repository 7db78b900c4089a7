/** docs/architecture.md and CONTRIBUTING.md: each path and command that they name exists. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../support/root.js';
import { trackedFiles } from '../words/tracked-files.js';
import { namedIn, pathsOfTree } from './check/paths.js';
import { codeBlocksOf } from './support/blocks.js';
import { textOf } from './support/pages.js';

const PAGE = 'docs/architecture.md';
const files = trackedFiles(['.'], /./).map((path) => `/${path}`);

/** Is it a file, or a folder with files? The page may leave out where it begins: `stores/store.ts`. */
const exists = (path: string): boolean =>
  path.endsWith('/')
    ? files.some((file) => file.includes(`/${path}`))
    : files.some((file) => file.endsWith(`/${path}`) || file.includes(`/${path}/`));

describe('docs/architecture.md', () => {
  const tree = codeBlocksOf(PAGE)[0]?.code ?? '';

  test('has a tree whose entries exist', () => {
    const paths = pathsOfTree(tree);
    expect(paths.length).toBeGreaterThan(50);
    expect(paths.filter((path) => !files.some((file) => isBelow(file, path)))).toEqual([]);
  });

  test('names files in its tree and its text that exist', () => {
    const named = [...namedIn(textOf(PAGE)), ...(tree.match(/[\w./-]+\.(?:tsx?|mjs)\b/g) ?? [])];
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => !exists(path))).toEqual([]);
  });
});

describe('CONTRIBUTING.md', () => {
  const text = textOf('CONTRIBUTING.md');

  test('names files that exist', () => {
    expect(namedIn(text).filter((path) => !exists(path))).toEqual([]);
  });

  test('names commands that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      readonly scripts: object;
    };
    const commands = Array.from(text.matchAll(/\bnpm run ([\w:-]+)/g), ([, name = '']) => name);
    expect(commands.length).toBeGreaterThan(5);
    expect(commands.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe('the check', () => {
  test('reads folders, files and what is below a folder', () => {
    const tree = [
      'packages/one/      what it is',
      '  src/a.ts, b.ts     two files',
      '  src/core/          pure',
      '                     and more of it',
      '    state.ts           the graph',
      '  src/x/, y/         two folders',
    ].join('\n');
    expect(pathsOfTree(tree)).toEqual([
      'packages/one/',
      ...['packages/one/src/a.ts', 'packages/one/src/b.ts', 'packages/one/src/core/'],
      ...['packages/one/src/core/state.ts', 'packages/one/src/x/', 'packages/one/src/y/'],
    ]);
  });

  test('takes a path for one, and nothing else', () => {
    expect(namedIn('`a/b.ts`, `parse/`, `c.md`, `/debug`, `npm run x`, `Thing`, `a.b()`')).toEqual([
      ...['a/b.ts', 'parse/', 'c.md'],
    ]);
    expect(exists('stores/no-such-file.ts')).toBe(false);
  });
});

function isBelow(file: string, path: string): boolean {
  return path.endsWith('/') ? file.startsWith(`/${path}`) : file === `/${path}`;
}
