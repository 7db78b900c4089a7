/** docs/glossary.md lists words that no identifier may contain. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../support/root.js';
import { trackedFiles } from '../tracked-files.js';
import { identifiersOf, wordsOf } from './identifiers.js';

const glossary = readFileSync(join(ROOT, 'docs', 'glossary.md'), 'utf8');

/** Each word of the first column, in the singular as it stands there and in the plural. */
const FORBIDDEN: ReadonlySet<string> = new Set(
  glossary
    .slice(glossary.indexOf('| word | instead | stays |'))
    .split('\n')
    .slice(2)
    .flatMap((row) => (row.split('|')[1] ?? '').split(','))
    .flatMap((word) => [word.trim(), `${word.trim()}s`, `${word.trim()}es`])
    .filter((word) => /^[a-z]{3,}$/.test(word)),
);

/** Names that are stored, sent, or another program's, as the third column says. */
const STORED: ReadonlySet<string> = new Set([
  ...['stay', 'stays', 'graves', 'duty'],
  // The button of the demo, what Hono calls a response, and a method of Socket.IO.
  ...['stayOnPolling', 'outgoing', 'onAnyOutgoing'],
]);

const forbiddenIn = (file: string, code: string): readonly string[] =>
  [...identifiersOf(file, code)]
    .filter((name) => !STORED.has(name))
    .filter((name) => wordsOf(name).some((word) => FORBIDDEN.has(word)))
    .map((name) => `${file}: ${name}`);

test('no identifier contains a word that the glossary has replaced', () => {
  expect(FORBIDDEN.size).toBeGreaterThan(60);
  const files = trackedFiles(['packages', 'test', 'bench', 'scripts'], /\.(ts|tsx|mjs|mts)$/);
  const found = files.flatMap((file) => forbiddenIn(file, readFileSync(join(ROOT, file), 'utf8')));
  expect(found).toEqual([]);
});

test.each([
  ['a variable', 'const whisperAll = 1;', 'whisperAll'],
  ['a private member', 'class A { #onWhisper() {} }', 'onWhisper'],
  ['a type', 'interface StretchRecord { first: number }', 'StretchRecord'],
  ['a constant', 'const DUTY_MS = 5;', 'DUTY_MS'],
])('%s with such a word is found', (_, code, name) => {
  expect(forbiddenIn('a.ts', code)).toEqual([`a.ts: ${name}`]);
});

test('texts, comments and stored names are not', () => {
  const code = `// whispers\nconst record = { stay: 'whisper', duty: 3 };`;
  expect(forbiddenIn('a.ts', code)).toEqual([]);
});
