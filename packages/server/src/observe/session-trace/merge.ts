/**
 * Puts the lines of several nodes into one order, by the clock of the node that asks. Each line keeps its own time. Pure.
 */

import type { TraceLine } from './line.js';

/** What a node has found. */
export interface FoundLines {
  /** How far the node's clock is ahead of the one that asks, in whole milliseconds. */
  readonly clockOffsetMs: number;
  /** About what was asked for, oldest first. */
  readonly lines: readonly TraceLine[];
  /** About the node itself, oldest first. */
  readonly nodeLines: readonly TraceLine[];
  /** Whether it has older ones. */
  readonly hasMore: boolean;
}

export interface MergedLines {
  /** Oldest first. */
  readonly lines: readonly TraceLine[];
  /** Older lines are from before this time; null if there are none. */
  readonly next: number | null;
}

/** What happens to a node within this time of the first and the last line belongs to them. */
const NODE_MARGIN_MS = 60_000;
/** So many lines about nodes that come later: the restart after a crash, however late it was. */
const NODE_LINES_AFTER = 5;

interface Timed {
  /** By the clock of the node that asks. */
  readonly at: number;
  readonly line: TraceLine;
}

/** @param limit the most lines about what was asked for */
export function mergeLines(found: readonly FoundLines[], limit: number): MergedLines {
  const all = timed(found, ({ lines }) => lines);
  const boundary = boundaryOf(found, all, limit);
  const within = all.filter(({ at }) => at > boundary);
  // More lines of one millisecond than a page holds: they are shown together.
  const isCut = boundary > Number.NEGATIVE_INFINITY;
  const isStuck = isCut && within.length === 0;
  const page = isStuck ? all.filter(({ at }) => at >= boundary) : within;
  const nodes = nodesWithin(
    timed(found, ({ nodeLines }) => nodeLines),
    page,
  );
  return {
    lines: ordered([...page, ...nodes]).map(({ line }) => line),
    next: isCut ? boundary + (isStuck ? 0 : 1) : null,
  };
}

/** What is not later is left for the next page: a node may have more of that millisecond. */
function boundaryOf(found: readonly FoundLines[], all: readonly Timed[], limit: number): number {
  const ends = found.flatMap(({ hasMore, lines: [oldest], clockOffsetMs }) =>
    hasMore && oldest ? [oldest.time - clockOffsetMs] : [],
  );
  const over = all[all.length - limit - 1];
  return Math.max(Number.NEGATIVE_INFINITY, ...ends, ...(over ? [over.at] : []));
}

function nodesWithin(nodes: readonly Timed[], page: readonly Timed[]): readonly Timed[] {
  const [first, last] = [page[0], page.at(-1)];
  if (!first || !last) return [];
  const during = nodes.filter(
    ({ at }) => at >= first.at - NODE_MARGIN_MS && at <= last.at + NODE_MARGIN_MS,
  );
  const after = nodes.filter(({ at }) => at > last.at + NODE_MARGIN_MS);
  return [...during, ...after.slice(0, NODE_LINES_AFTER)];
}

function timed(
  found: readonly FoundLines[],
  linesOf: (found: FoundLines) => readonly TraceLine[],
): readonly Timed[] {
  const all = found.flatMap((each) =>
    linesOf(each).map((line) => ({ at: line.time - each.clockOffsetMs, line })),
  );
  return ordered(all);
}

/** Lines of one process and one millisecond keep their order. */
const ordered = (lines: readonly Timed[]): readonly Timed[] =>
  [...lines].sort(
    (one, other) =>
      one.at - other.at ||
      one.line.started_at - other.line.started_at ||
      one.line.seq - other.line.seq,
  );
