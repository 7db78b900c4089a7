/** A reply that has ended, for those who join later: consecutive words with no other event between them, as one event. */

import { RUN_EVENTS } from '@session-monitor/protocol';

/** An event that stands for several. */
export interface CompactedRange {
  /** Offsets. */
  readonly first: number;
  readonly last: number;
  /** The data as JSON: the first one's, with the text of all. */
  readonly text: string;
}

interface Delta {
  readonly delta: string;
}

interface OpenRange {
  readonly first: number;
  last: number;
  readonly data: Delta;
  delta: string;
}

/** Longer text is several compacted ranges, as on the real server: each travels in one frame. */
const MAX_TEXT_LENGTH = 8 * 1024;
/** What a delta may say besides its text; one that says more is kept as it is. */
const FIELDS: ReadonlySet<string> = new Set(['type', 'index', 'delta', 'run_id', 'thread_id']);

/** @param first the offset of the first of the events */
export function compactedRangesOf(
  events: readonly { readonly event: string; readonly text: string }[],
  first: number,
  run_id: string,
): readonly CompactedRange[] {
  const ranges: OpenRange[] = [];
  let open: OpenRange | undefined;
  for (const [index, { event, text }] of events.entries()) {
    const offset = first + index;
    const data = event === RUN_EVENTS.message ? deltaOf(text, run_id) : undefined;
    if (data && open && open.delta.length + data.delta.length <= MAX_TEXT_LENGTH) {
      open.last = offset;
      open.delta += data.delta;
    } else {
      open = data && { first: offset, last: offset, data, delta: data.delta };
      if (open) ranges.push(open);
    }
  }
  return ranges
    .filter((range) => range.last > range.first)
    .map(({ first: from, last, data, delta }) => {
      return { first: from, last, text: JSON.stringify({ ...data, delta }) };
    });
}

function deltaOf(text: string, run_id: string): Delta | undefined {
  const data = JSON.parse(text) as { readonly run_id?: unknown; readonly delta?: unknown } | null;
  if (data?.run_id !== run_id || typeof data.delta !== 'string') return undefined;
  return Object.keys(data).every((field) => FIELDS.has(field)) ? (data as Delta) : undefined;
}
