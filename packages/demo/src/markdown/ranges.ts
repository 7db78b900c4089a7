/** Ranges of a text, by the index of their first character and the one after their last. In order, apart. */

export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface CutRange extends Range {
  /** Whether it lies in one of the ranges. */
  readonly inside: boolean;
}

/** The ranges with one more behind them. */
export function withRange(ranges: readonly Range[], { from, to }: Range): readonly Range[] {
  if (from >= to) return ranges;
  const last = ranges.at(-1);
  if (!last || last.to < from) return [...ranges, { from, to }];
  return ranges.with(-1, { from: last.from, to });
}

/** A range, cut where other ranges begin and end. */
export function cut({ from, to }: Range, ranges: readonly Range[]): readonly CutRange[] {
  const chunks: CutRange[] = [];
  let at = from;
  const add = (end: number, inside: boolean) => {
    if (end > at) chunks.push({ from: at, to: end, inside });
    at = Math.max(at, end);
  };
  for (const range of ranges) {
    if (range.to <= at) continue;
    if (range.from >= to) break;
    add(range.from, false);
    add(Math.min(range.to, to), true);
  }
  add(to, false);
  return chunks;
}
