import { expect, test } from 'vitest';
import { titleOf } from './title.js';

test.each([
  ['a short question', 'What is a cursor?', 'What is a cursor?'],
  ['lines and spaces', '  What\n\tis  a\r\ncursor? ', 'What is a cursor?'],
  ['nothing', ' \n ', undefined],
  ['80 characters', 'a'.repeat(80), 'a'.repeat(80)],
  ['more than 80', 'a'.repeat(81), `${'a'.repeat(79)}…`],
  ['a space at the cut', `${'a'.repeat(78)} ${'b'.repeat(9)}`, `${'a'.repeat(78)}…`],
  ['characters of two units', '😀'.repeat(100), `${'😀'.repeat(79)}…`],
  ['a long run of spaces', `a${' '.repeat(1_000)}b`, 'a'],
])('the title of %s', (_name, message, title) => {
  expect(titleOf(message)).toBe(title);
});

test('makes the title of a long message fast', () => {
  expect(titleOf('word '.repeat(13_000))).toHaveLength(80);
});
