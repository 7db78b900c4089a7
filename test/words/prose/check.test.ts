/** Comments, errors, test names and docs are in plain words: CONTRIBUTING.md, "How we write". */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../support/root.js';
import { trackedFiles } from '../tracked-files.js';
import { idiomsIn, proseOf } from './prose.js';

/** Shows the idioms that the check finds. */
const ALLOWED = 'test/words/prose/';

const FOLDERS = ['packages', 'test', 'bench', 'scripts', 'examples', 'docs'];

const findingsIn = (file: string, code: string): readonly string[] =>
  proseOf(file, code).flatMap(({ line, text }) =>
    idiomsIn(text).map((idiom) => `${file}:${line}: ${idiom}`),
  );

test('no comment, error, test name or page uses an idiom that the rules name', () => {
  const files = [
    ...trackedFiles(FOLDERS, /\.(ts|tsx|mjs|mts|md)$/),
    ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ].filter((file) => !file.startsWith(ALLOWED));
  expect(files.length).toBeGreaterThan(700);
  const found = files.flatMap((file) => findingsIn(file, readFileSync(join(ROOT, file), 'utf8')));
  expect(found).toEqual([]);
});

test.each([
  ['a comment', '// Whoever asks again gets the same.', 'Whoever'],
  ['a docstring', '/** A reader is told. */\nconst a = 1;', 'is told'],
  ['an error', "throw new Error('This is not for who is away.');", 'for who'],
  ['a test name', "test('nobody is there', () => {});", 'nobody'],
  ['a template', 'const a = `It begins anew at once`;', 'anew'],
])('%s with an idiom is found', (_, code, idiom) => {
  expect(findingsIn('a.ts', code)).toEqual([expect.stringContaining(idiom)]);
});

test('questions, names and single words are not', () => {
  const code = "// Who leads?\nconst nobody = 'nobody'; // A user who sends a message.";
  expect(findingsIn('a.ts', code)).toEqual([]);
});
