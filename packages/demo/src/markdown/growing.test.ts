import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { grow, NOTHING_SETTLED, type Settled } from './growing.js';
import { parseMarkdown } from './parse.js';
import { type Range, withRange } from './ranges.js';
import type { TreeElement } from './tree.js';

/** What stands in the document after each step, as a view keeps it. */
function growAll(chunks: readonly string[], isMarked: (index: number) => boolean = () => false) {
  let source = '';
  let marked: readonly Range[] = [];
  let settled: Settled = NOTHING_SETTLED;
  let shown: readonly TreeElement[] = [];
  const lengths: number[] = [];
  chunks.forEach((chunk, index) => {
    const from = source.length;
    source += chunk;
    if (isMarked(index)) marked = withRange(marked, { from, to: source.length });
    const { blocks, settled: next } = grow(source, marked, settled);
    shown = [...shown.slice(0, settled.blocks), ...blocks];
    settled = next;
    lengths.push(source.length - settled.length);
  });
  return { source, marked, shown, settled, lengths };
}

/** Letters that Markdown makes something of, and those that end a line. */
const chunks = fc.constantFrom(
  ...[
    'a',
    ' b',
    ' ',
    '\n',
    '\n\n',
    '\n\n\n',
    '- ',
    '* ',
    '1. ',
    '2',
    '2) ',
    '# ',
    '## ',
    '> ',
    '>',
  ],
  ...['```', '~~~', '`', '**', '*', '_', '---', '===', '    ', '  '],
  ...['[a](https://x.example)', '<b>', '\\', '&lt;', '|', '\t'],
);

describe('a source that grows', () => {
  test('is at each end what it is as a whole', () => {
    fc.assert(
      fc.property(fc.array(chunks, { maxLength: 60 }), fc.array(fc.boolean()), (chunks, marks) => {
        const { source, marked, shown } = growAll(chunks, (index) => marks[index] ?? false);
        expect(shown).toEqual(parseMarkdown(source, marked).blocks);
      }),
      { numRuns: 2_000 },
    );
  });

  test('settles a block when a line behind it is complete, and not before', () => {
    const settledAfter = (text: string) => growAll(text.split('')).settled;
    expect(settledAfter('one\n\ntwo')).toEqual({ length: 0, blocks: 0 });
    expect(settledAfter('one\n\ntwo\n')).toEqual({ length: 5, blocks: 1 });
    // '2' may become '2.', and go on with the list.
    expect(settledAfter('1. one\n\n2')).toEqual({ length: 0, blocks: 0 });
    expect(settledAfter('1. one\n\n2. two\n').blocks).toBe(0);
    expect(settledAfter('1. one\n\n2 two\n').blocks).toBe(1);
  });

  test('is read again from its last block, however long it is', () => {
    const paragraph = `${'word '.repeat(80)}\n\n`;
    const { lengths } = growAll(paragraph.repeat(50).split(/(?<= )/));
    expect(Math.max(...lengths)).toBeLessThan(2 * paragraph.length + 10);
  });
});
