import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineWriter, MAX_LINE_BYTES, readLine, type TraceLine } from './line.js';

const writer = () => new LineWriter('node-1', 1_000);
const values = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
/** Names of fields; those of every line are not among them. */
const fields = fc.dictionary(fc.stringMatching(/^f_[a-z]{1,8}$/), values, { maxKeys: 12 });

test('a step comes back as it was kept', () => {
  fc.assert(
    fc.property(fields, fc.nat(), (given, time) => {
      const text = writer().write(time, 'register', given);
      expect(text.indexOf('\n')).toBe(text.length - 1);
      const line = readLine(text);
      expect(line).toMatchObject({ time, seq: 1, node: 'node-1', started_at: 1_000 });
      for (const [name, value] of Object.entries(given)) {
        const isLong = typeof value === 'string' && value.length > 256;
        expect(line?.[name]).toEqual(isLong ? `${value.slice(0, 256)}…` : value);
      }
    }),
  );
});

test('a line that was torn is none, wherever it was', () => {
  fc.assert(
    fc.property(fields, fc.nat(), (given, cut) => {
      const text = writer().write(1, 'connect', given).trimEnd();
      expect(readLine(text.slice(0, cut % text.length))).toBeUndefined();
    }),
  );
});

test('whatever stands in a file is a line or none', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const line = readLine(text);
      expect(line === undefined || typeof line.step === 'string').toBe(true);
    }),
  );
});

test.each([
  ['a line without its node', { node: undefined }],
  ['a time that is none', { time: -1 }],
  ['a nested value', { fields: { a: 1 } }],
  ['a step that is no name', { step: 'two words' }],
])('%s is refused', (_, change) => {
  const line = JSON.parse(writer().write(5, 'drain', { connections: 1 })) as TraceLine;
  expect(readLine(JSON.stringify(line))).toEqual(line);
  expect(readLine(JSON.stringify({ ...line, ...change }))).toBeUndefined();
});

test('a user id of 10 KB takes a bounded part of a bounded line', () => {
  const nasty = '\u0000"'.repeat(5_000);
  const given = Object.fromEntries(Array.from({ length: 18 }, (_, n) => [`f_${n}`, nasty]));
  const text = writer().write(1, 'register', given);
  expect(Buffer.byteLength(text)).toBeLessThan(MAX_LINE_BYTES);
  expect(readLine(text)?.f_0).toHaveLength(257);
});

test('lines of a process are counted', () => {
  const one = writer();
  const seqs = [1, 2, 3].map(() => readLine(one.write(1, 'connect', {}))?.seq);
  expect(seqs).toEqual([1, 2, 3]);
});
