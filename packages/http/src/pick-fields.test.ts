import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pickFields } from './pick-fields.js';

const NAMES = ['event', 'thread_id'];
const pick = (text: string, maxDepth = 16) => pickFields(text, NAMES, maxDepth);

/** An object's text as senders may write it: names that stand there twice, white space, escapes. */
const objectText = fc
  .array(
    fc.tuple(
      fc.oneof(fc.constantFrom(...NAMES, '__proto__'), fc.string()),
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom('', ' ', '\n\t', '\r\n'),
      fc.boolean(),
    ),
  )
  .map((fields) => {
    const members = fields.map(
      ([name, value, space, isEscaped]) =>
        `${space}${isEscaped ? escaped(name) : JSON.stringify(name)}${space}:${space}${JSON.stringify(value)}${space}`,
    );
    return `{${members.join(',')}}`;
  });

const escaped = (name: string): string => {
  const units = [...Array(name.length).keys()].map((at) => name.charCodeAt(at));
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`;
};

const kindOf = (value: unknown) =>
  typeof value === 'object' && value !== null ? (Array.isArray(value) ? [] : {}) : value;

describe('picked fields', () => {
  test('have the values that JSON.parse gives them', () => {
    fc.assert(
      fc.property(objectText, (text) => {
        const parsed = JSON.parse(text) as Record<string, unknown>;
        const expected = NAMES.filter((name) => Object.hasOwn(parsed, name)).map((name) => [
          name,
          kindOf(parsed[name]),
        ]);
        const picked = pick(text);
        expect(picked.kind).toBe('picked');
        if (picked.kind === 'picked') {
          expect({ ...picked.fields }).toEqual(Object.fromEntries(expected));
        }
      }),
    );
  });

  test('come of an object only', () => {
    for (const text of [
      '',
      '[1]',
      '"event"',
      '{"event":"a"',
      '{"event" "a"}',
      '{} {}',
      '{"a":1}]',
    ]) {
      expect([text, pick(text).kind]).toEqual([text, 'malformed']);
    }
    expect(pick('{"event":nonsense}').kind).toBe('malformed');
    expect(pick('{"\\x":1}').kind).toBe('malformed');
    expect(pick(' {\n} ').kind).toBe('picked');
  });

  test('come of an object that is nested as deep as is allowed, and no deeper', () => {
    const nested = (depth: number) => `{"data":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect(pick(nested(15)).kind).toBe('picked');
    expect(pick(nested(16)).kind).toBe('too_deep');
    expect(pick(nested(1e6)).kind).toBe('too_deep');
  });
});
