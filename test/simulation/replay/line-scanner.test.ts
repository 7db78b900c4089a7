import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { forAll } from '../../properties/for-all.js';
import { LineScanner } from './line-scanner.js';

const HEAD = { node: 'n "{[', nodes: [{ lines: [1] }], client: { diagnostics: { lines: [{}] } } };

const scanned = (parts: readonly string[]) => {
  const scanner = new LineScanner();
  const found = parts.flatMap((part) => [...scanner.scan(part)]);
  return { found, isTorn: scanner.isTorn };
};

/** The same text in parts that end anywhere. */
const inParts = (text: string, sizes: readonly number[]): readonly string[] => {
  const parts: string[] = [];
  let at = 0;
  for (const size of sizes) {
    parts.push(text.slice(at, at + size));
    at += size;
  }
  return [...parts, text.slice(at)];
};

const aLine = fc.record({
  seq: fc.nat(),
  detail: fc.string(),
  ended: fc.constantFrom('"lines":[', ']}', '\\', null),
});

describe('the lines of a trace', () => {
  const forms: readonly [name: string, write: (lines: readonly object[]) => string][] = [
    ['a document', (lines) => JSON.stringify({ ...HEAD, lines })],
    ['a document with indents', (lines) => JSON.stringify({ ...HEAD, lines }, null, 2)],
    ['a document with its head behind', (lines) => JSON.stringify({ lines, ...HEAD })],
    ['a line each', (lines) => lines.map((each) => `${JSON.stringify(each)}\n`).join('')],
  ];
  test.each(forms)('are found in %s, wherever its parts end', (_name, write) => {
    const sizesOfParts = fc.array(fc.nat(40));
    forAll<[object[], number[]]>(200, [fc.array(aLine), sizesOfParts], (lines, sizes) => {
      const { found, isTorn } = scanned(inParts(write(lines), sizes));
      expect(found.map(({ text }) => JSON.parse(text))).toEqual(lines);
      expect(isTorn).toBe(false);
    });
  });

  test('have the number of the line of the file where they begin', () => {
    const lines = [{ a: '\n' }, { b: 1 }];
    const compact = `{"node":"n","lines":[\n${lines.map((each) => JSON.stringify(each)).join(',\n')}\n]}\n`;
    expect(scanned([compact]).found.map(({ at }) => at)).toEqual([2, 3]);
    const indented = JSON.stringify({ lines }, null, 2);
    expect(scanned([indented]).found.map(({ at }) => at)).toEqual([3, 6]);
  });

  test('end before one that is torn', () => {
    const text = `${JSON.stringify({ a: 1 })}\n{"b":"half`;
    expect(scanned([text])).toEqual({ found: [{ at: 1, text: '{"a":1}' }], isTorn: true });
  });
});
