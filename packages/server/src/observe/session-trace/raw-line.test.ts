import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineWriter } from './line.js';
import { idIn, KEYS, keyOf, parseRaw, timeIn, toRaw, visitLines } from './raw-line.js';

const rawOf = (fields: Record<string, string>) =>
  toRaw(new LineWriter('node-1', 1).write(1_234, 'register', fields).trimEnd());

test('an id is found by its name, whatever the other values hold', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('"session_id":"forged"', '","session_id":"forged', '\\"session_id":"forged"'),
  );
  fc.assert(
    fc.property(text, text, (user_id, detail) => {
      const raw = rawOf({ user_id, detail, session_id: 'S-1', message: detail });
      expect(idIn(raw, KEYS.session_id)).toBe('S-1');
      expect(idIn(raw, KEYS.step)).toBe('register');
      expect(idIn(raw, KEYS.thread_id)).toBeUndefined();
      expect(timeIn(raw)).toBe(1_234);
      expect(parseRaw(raw)?.user_id).toBe(
        user_id.length > 256 ? `${user_id.slice(0, 256)}…` : user_id,
      );
    }),
  );
});

test('a line that ends within an id has none, and what is no line no time', () => {
  expect(idIn('{"time":1,"session_id":"S-1', KEYS.session_id)).toBeUndefined();
  expect(keyOf('of')).toBe('"of":"');
  expect(timeIn('      ')).toBeNaN();
});

test('the lines of a text are visited from the last to the first', () => {
  const lines = fc.array(fc.stringMatching(/^[a-z]{0,5}$/));
  fc.assert(
    fc.property(lines, fc.boolean(), fc.nat(8), (given, isTorn, upTo) => {
      const text = given.join('\n') + (isTorn ? '' : '\n');
      const whole = given.filter((line) => line !== '');
      const seen: string[] = [];
      const isAll = visitLines(text, (raw, at) => {
        expect(text.slice(at, at + raw.length)).toBe(raw);
        seen.push(raw);
        return seen.length <= upTo;
      });
      expect(seen).toEqual(whole.reverse().slice(0, upTo + 1));
      expect(isAll).toBe(whole.length <= upTo);
    }),
  );
});
