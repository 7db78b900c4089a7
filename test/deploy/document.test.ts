/** docs/deploy.md shows the files of examples/deploy. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { codeBlocksOf } from '../docs/support/blocks.js';
import { ROOT } from '../support/root.js';

const read = (...path: string[]): string => readFileSync(join(ROOT, ...path), 'utf8');
const page = read('docs', 'deploy.md');
const settings = read('docs', 'configuration.md');

test('it contains every file of examples/deploy unchanged', () => {
  const files = readdirSync(join(ROOT, 'examples', 'deploy'));
  expect(files.length).toBeGreaterThanOrEqual(7);
  const shown = new Map(codeBlocksOf('docs/deploy.md').map(({ file, code }) => [file, code]));
  for (const name of files) expect(shown.get(name), name).toBe(read('examples', 'deploy', name));
});

test('it names the formats that this version reads and writes', () => {
  const source = read('packages', 'server', 'src', 'stores', 'lmdb', 'directory.ts');
  const [, newest] = /FORMAT = (\d+);/.exec(source) ?? [];
  const [, oldest] = /OLDEST_FORMAT = (\d+);/.exec(source) ?? [];
  expect(page).toContain(
    `This version writes format ${newest} and reads formats ${oldest} to ${newest}.`,
  );
});

test('the settings of its files are documented', () => {
  const lines = `${read('examples', 'deploy', 'environment')}${read('examples', 'deploy', 'Dockerfile')}`;
  const names = Array.from(lines.matchAll(/^(?:ENV| {4})? ?([A-Z_]+)=/gm), ([, name = '']) => name);
  expect(names.length).toBeGreaterThan(10);
  const known = ['BACKEND_URL', 'NODE_ENV', 'NODE_OPTIONS'];
  const unknown = names.filter(
    (name) => !known.includes(name) && !settings.includes(`\`${name}\``),
  );
  expect(unknown).toEqual([]);
});
