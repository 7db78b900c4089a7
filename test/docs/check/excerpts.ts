/** Code of pages that shows files of the project must match them. */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ROOT } from '../../support/root.js';
import type { Block } from '../support/blocks.js';

const EXAMPLES = join(ROOT, 'examples');
const MADE = /(^|\/)(node_modules|dist)(\/|$)/;

/** What is wrong with code that shows a file. */
export function checkExcerpt(code: string, path: string): string | undefined {
  if (!existsSync(join(ROOT, path))) return `shows ${path}, which does not exist: correct file=`;
  const file = linesOf(readFileSync(join(ROOT, path), 'utf8'));
  if (isPart(code, file)) return undefined;
  const other = code.split('\n').find((line) => !file.includes(`\n${line}\n`));
  const difference =
    other === undefined ? 'its lines follow another way there' : `it has no line '${other}'`;
  return `is no part of ${path}, ${difference}: copy it from there`;
}

/** What is wrong with code of a configuration, which is a part of some file in `examples/`. */
export function checkQuotation(code: string): string | undefined {
  if (isInExamples(code, '')) return undefined;
  return 'is no part of a file in examples/: put it there, with a test that uses it, and copy it from there';
}

/** What is wrong with a file of an app that a page describes: an example has it, or the page's own test runs it. */
export function checkFile({ page, file = '', code }: Block): string | undefined {
  const test = join('test', 'docs', `${basename(page, '.md')}.test.ts`);
  if (existsSync(join(ROOT, test)) || isInExamples(code, `/${file}`)) return undefined;
  return `is a file [${file}] that nothing runs: copy it from examples/, or write ${test}, which runs the page's files`;
}

const isInExamples = (code: string, end: string): boolean =>
  readdirSync(EXAMPLES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => path.endsWith(end) && !MADE.test(path))
    .some((path) => isPart(code, linesOf(readFileSync(path, 'utf8'))));

/** Is it a part of the difference between `before` and `after` in an example, however much around it is shown? */
export function isExampleDiff(code: string): boolean {
  return readdirSync(EXAMPLES)
    .map((name) => join(EXAMPLES, name))
    .filter((folder) => ['before', 'after'].every((side) => existsSync(join(folder, side))))
    .some((folder) =>
      [0, 1, 2, 3, 1_000].some((context) =>
        isPart(withoutHeaders(code), linesOf(diffIn(folder, context))),
      ),
    );
}

const diffIn = (folder: string, context: number): string =>
  withoutHeaders(
    spawnSync('git', ['diff', '--no-index', `--unified=${context}`, 'before', 'after'], {
      cwd: folder,
      encoding: 'utf8',
    }).stdout,
  );

const withoutHeaders = (diff: string): string =>
  diff.replaceAll(/^(diff|index|---|\+\+\+|@@|new file|deleted file) .*\n/gm, '');

/** Both sides of a diff, as code. */
export const sidesOf = (diff: string): readonly string[] =>
  ['-', '+'].map((sign) =>
    withoutHeaders(diff)
      .split('\n')
      // A line of the other side is left empty: each line keeps its number.
      .map((line) => (line.startsWith(sign) || line.startsWith(' ') ? line.slice(1) : ''))
      .join('\n'),
  );

const linesOf = (text: string): string => `\n${text}\n`;
const isPart = (code: string, lines: string): boolean => lines.includes(`\n${code}`);
