import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endOfString, endOfValue, isNestedDeeper } from './json-text.js';

/** How deep a value is nested, by looking into it. */
const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
    : 0;

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

test('the depth of a text is the depth of its value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(7), fc.boolean(), (value, max, spaced) => {
      const text = JSON.stringify(value, null, spaced ? 1 : 0);
      expect(isNestedDeeper(text, max)).toBe(depthOf(value) > max);
    }),
  );
});

test('brackets and quotes in strings do not count', () => {
  expect(isNestedDeeper(JSON.stringify(['[[[', '\\', '\\"[[[', { '[{"': '\\\\' }]), 2)).toBe(false);
  expect(isNestedDeeper('["\\\\",[[]]]', 2)).toBe(true);
});

test('a value ends where the next one of its level begins', () => {
  const text = '{"a":[1,{"b":"],"}],"c":2}';
  expect(endOfValue(text, 5, 9)).toBe(text.indexOf(',"c"'));
  expect(endOfValue(text, 5, 1)).toBeUndefined();
  expect(endOfValue(text, text.indexOf('2'), 0)).toBe(text.length - 1);
  expect(endOfString('"a\\"b"', 0)).toBe(5);
  expect(endOfString('"never ends\\"', 0)).toBe(13);
});

test('a million brackets are refused by the first few, and take no stack', () => {
  expect(isNestedDeeper(nested(1e6), 16)).toBe(true);
  expect(isNestedDeeper(nested(1e6), 1e6)).toBe(false);
  expect(isNestedDeeper(nested(16), 16)).toBe(false);
  expect(isNestedDeeper(nested(17), 16)).toBe(true);
});
