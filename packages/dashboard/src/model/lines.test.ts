import { expect, test } from 'vitest';
import { splitLines } from './lines.js';

test('lines are read in whichever pieces they come', () => {
  const text = '{"a":1}\n\n{"b":"two"}\n{"c"';
  const whole = splitLines('', text);
  expect(whole).toEqual({ values: [{ a: 1 }, { b: 'two' }], rest: '{"c"' });
  let rest = '';
  const values: unknown[] = [];
  for (const piece of text) {
    const split = splitLines(rest, piece);
    values.push(...split.values);
    rest = split.rest;
  }
  expect({ values, rest }).toEqual(whole);
});

test('what is no line is refused', () => {
  expect(() => splitLines('', 'no json\n')).toThrow();
  expect(() => splitLines('', 'x'.repeat(5_000_000))).toThrow('does not end');
});
