/** The paths that a page names: in a tree of folders, and in its text. */

import { posix } from 'node:path';

/** The indentation of an entry's text that goes on in the next line. */
const DEEPEST_ENTRY = 8;

/**
 * The entries of a tree. Each line begins with the names of its entries. A name after a comma is beside the first one.
 * An entry with a deeper indentation is below the last folder with a smaller one.
 */
export function pathsOfTree(tree: string): readonly string[] {
  const paths: string[] = [];
  const folders: { readonly depth: number; readonly path: string }[] = [];
  for (const line of tree.split('\n')) {
    const [, indent = '', names = ''] = /^( *)([^\s,]+(?:, [^\s,]+)*)/.exec(line) ?? [];
    if (names === '' || indent.length > DEEPEST_ENTRY) continue;
    while ((folders.at(-1)?.depth ?? -1) >= indent.length) folders.pop();
    const base = folders.at(-1)?.path ?? '';
    const [first = '', ...beside] = names.split(', ');
    const folder = posix.dirname(first);
    const entries = [first, ...beside.map((name) => posix.join(folder, name))].map((name) =>
      posix.join(base, name),
    );
    paths.push(...entries);
    const [entry = ''] = entries;
    if (entry.endsWith('/')) folders.push({ depth: indent.length, path: entry });
  }
  return paths;
}

/** The paths in backticks: `stores/store.ts`, `parse/`, `step.test.ts`. */
export const namedIn = (text: string): readonly string[] =>
  Array.from(text.matchAll(/`([^`\s]+)`/g), ([, name = '']) => name).filter((name) =>
    /^[\w.@-]+(\/[\w.@-]+)*(\/|\.(tsx?|mjs|md|json))$/.test(name),
  );
