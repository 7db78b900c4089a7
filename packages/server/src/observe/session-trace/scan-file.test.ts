import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_LINE_BYTES } from './line.js';
import { scanFile } from './scan-file.js';

/** A file in memory. */
const fileOf = (text: string) => {
  const bytes = Buffer.from(text, 'latin1');
  const read = async (buffer: Buffer, offset: number, length: number, position: number) => ({
    bytesRead: bytes.copy(buffer, offset, position, position + length),
    buffer,
  });
  return { file: { read } as unknown as Parameters<typeof scanFile>[0], size: bytes.length };
};

async function linesOf(text: string, partBytes?: number) {
  const { file, size } = fileOf(text);
  const seen: string[] = [];
  await scanFile(
    file,
    size,
    (raw, at) => {
      expect(text.slice(at, at + raw.length)).toBe(raw);
      seen.push(raw);
      return true;
    },
    partBytes,
  );
  return seen;
}

test('every line is seen once, from the last to the first, whatever is read at a time', async () => {
  const lines = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(
      lines,
      fc.integer({ min: 1, max: 40 }),
      fc.boolean(),
      async (given, part, torn) => {
        const text = given.join('\n') + (torn || given.length === 0 ? '' : '\n');
        expect(await linesOf(text, part)).toEqual([...given].reverse());
      },
    ),
  );
});

test('lines that are too long to be ours are passed over, and those around them are seen', async () => {
  const long = 'x'.repeat(MAX_LINE_BYTES + 1);
  for (const part of [1_000, MAX_LINE_BYTES / 2, MAX_LINE_BYTES, 10 * MAX_LINE_BYTES]) {
    expect(await linesOf(`a\n${long}\nb\n${long}${long}\nc\n`, part)).toEqual(['c', 'b', 'a']);
    expect(await linesOf(`${long}\nb\n${long}`, part)).toEqual(['b']);
    expect(await linesOf(long, part)).toEqual([]);
  }
});

test('a file that is cut short meanwhile joins no pieces of lines', async () => {
  const { file, size } = fileOf('aaa\nbbb\nccc\n');
  let reads = 0;
  const cut = {
    read: async (buffer: Buffer, offset: number, length: number, position: number) => {
      reads += 1;
      return file.read(buffer, offset, reads === 1 ? length : length - 1, position);
    },
  } as unknown as typeof file;
  const seen: string[] = [];
  await scanFile(cut, size, (raw) => seen.push(raw) > 0, 6);
  expect(seen).toEqual(['ccc', 'b', 'aaa']);
});

test('a scan ends when its caller has seen enough', async () => {
  const { file, size } = fileOf('a\nb\nc\n');
  const seen: string[] = [];
  const isAll = await scanFile(file, size, (raw) => seen.push(raw) < 2, 3);
  expect([seen, isAll]).toEqual([['c', 'b'], false]);
});
