/** What the files of a package import, and the circles in it. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseSync } from 'vite';

/** By file: the names that it imports, and the files among them. Paths are relative to the folder. */
export interface Imports {
  readonly names: readonly string[];
  readonly files: readonly string[];
}

export function importsOf(folder: string, files: readonly string[]): ReadonlyMap<string, Imports> {
  return new Map(
    files.map((file) => {
      const { module } = parseSync(file, readFileSync(join(folder, file), 'utf8'));
      const names = [
        ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
        ...module.staticExports.flatMap(({ entries }) =>
          entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
        ),
      ];
      const own = names.filter((name) => name.startsWith('.'));
      return [file, { names, files: own.map((name) => fileOf(folder, file, name)) }];
    }),
  );
}

function fileOf(folder: string, from: string, name: string): string {
  const path = join(folder, dirname(from), name).replace(/\.js$/, '');
  const found = ['.ts', '.tsx'].map((end) => path + end).find((each) => existsSync(each));
  return relative(folder, found ?? path);
}

/** Each circle once, as the files on it. */
export function circlesIn(imports: ReadonlyMap<string, Imports>): readonly string[] {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    const begin = path.indexOf(file);
    if (begin >= 0) circles.push([...path.slice(begin), file].join(' -> '));
    if (begin >= 0 || done.has(file)) return;
    for (const next of imports.get(file)?.files ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return circles;
}
