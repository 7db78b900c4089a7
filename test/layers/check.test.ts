/** Data goes one way, and no file imports itself over others. */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ROOT } from '../support/root.js';
import { circlesIn, type Imports, importsOf } from './imports.js';
import { LAYERS, PACKAGES, PURE } from './layers.js';

const folderOf = (file: string): string => (file.includes('/') ? (file.split('/')[0] ?? '') : '.');

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !/\.(test|fixture)\.tsx?$/.test(file))
    .sort();

/** Arrows between folders that the layers do not have, by the file that has them. */
const wrongArrows = (
  imports: ReadonlyMap<string, Imports>,
  layers: Readonly<Record<string, readonly string[]>>,
): readonly string[] =>
  [...imports].flatMap(([file, { files }]) =>
    files
      .filter((to) => folderOf(to) !== folderOf(file))
      .filter((to) => !layers[folderOf(file)]?.includes(folderOf(to)))
      .map((to) => `${file} -> ${to}`),
  );

describe.each(Object.entries(LAYERS))('packages/%s', (name, layers) => {
  const imports = importsOf(
    join(ROOT, 'packages', name, 'src'),
    filesIn(join(ROOT, 'packages', name, 'src')),
  );

  test('its folders import each other as the layers say', () => {
    expect(imports.size).toBeGreaterThan(5);
    expect(wrongArrows(imports, layers)).toEqual([]);
  });

  test('no file is on a circle', () => {
    expect(circlesIn(imports)).toEqual([]);
  });

  test('it imports other packages by their names, and only those below it', () => {
    const others = [...imports].flatMap(([file, { names, files }]) => [
      ...names.filter(
        (each) =>
          /^(@session-monitor\/|session-monitor$)/.test(each) && !PACKAGES[name]?.includes(each),
      ),
      ...files.filter((each) => each.startsWith('..')).map((each) => `${file} -> ${each}`),
    ]);
    expect(others).toEqual([]);
  });

  test('its pure folders import nothing but the protocol, the client and a parser', () => {
    const impure = [...imports]
      .filter(([file]) => PURE.includes(`${name}/${folderOf(file)}`))
      .flatMap(([file, { names }]) =>
        names
          .filter(
            (each) => !/^(\.|@lezer\/|@session-monitor\/(protocol|client)(\/rules)?$)/.test(each),
          )
          .map((each) => `${file}: ${each}`),
      );
    expect(impure).toEqual([]);
  });
});

describe('the check', () => {
  const folder = mkdtempSync(join(tmpdir(), 'session-monitor-layers-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (files: Readonly<Record<string, string>>) => {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    return importsOf(folder, Object.keys(files));
  };

  test('finds a circle, also one of types', () => {
    const imports = write({
      'a.ts': "import { b } from './b.js';",
      'b.ts': "export type { C } from './c.js';",
      'c.ts': "import type { A } from './a.js';",
    });
    expect(circlesIn(imports)).toEqual(['a.ts -> b.ts -> c.ts -> a.ts']);
  });

  test('finds an arrow against the layers', () => {
    const imports = write({
      'core/step.ts': "import { now } from '../shell/clock.js';",
      'shell/clock.ts': "import { step } from '../core/step.js';",
    });
    expect(existsSync(join(folder, 'core/step.ts'))).toBe(true);
    expect(wrongArrows(imports, { shell: ['core'] })).toEqual(['core/step.ts -> shell/clock.ts']);
  });
});
