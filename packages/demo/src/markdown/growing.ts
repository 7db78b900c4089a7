/**
 * A source that grows at its end. Markdown decides line by line which block a line belongs to: a block is settled once
 * a line behind it has begun another one and is complete. Only what is behind the settled blocks is read again, so that
 * a word costs what its own block costs, and not the whole reply. Pure.
 */

import { type Parsed, parseMarkdown } from './parse.js';
import type { Range } from './ranges.js';
import type { TreeElement } from './tree.js';

/** How far a source is settled. */
export interface Settled {
  /** Characters. */
  readonly length: number;
  /** Top-level blocks. */
  readonly blocks: number;
}

export const NOTHING_SETTLED: Settled = { length: 0, blocks: 0 };

export interface Growth {
  /** The blocks behind the settled ones: they take the place of those that stood there. */
  readonly blocks: readonly TreeElement[];
  /** What is settled from now on. */
  readonly settled: Settled;
}

/** @param settled what the step before said */
export function grow(source: string, marked: readonly Range[], settled: Settled): Growth {
  const rest = source.slice(settled.length);
  const shifted = marked
    .map(({ from, to }) => ({ from: from - settled.length, to: to - settled.length }))
    .filter(({ to }) => to > 0);
  const parsed = parseMarkdown(rest, shifted);
  const count = settledIn(rest, parsed);
  const length = settled.length + (parsed.starts[count] ?? 0);
  return { blocks: parsed.blocks, settled: { length, blocks: settled.blocks + count } };
}

/** How many blocks at the start no further text can change. */
function settledIn(source: string, { starts }: Parsed): number {
  const complete = starts.filter((start) => source.indexOf('\n', start) >= 0);
  return Math.max(0, complete.length - 1);
}
