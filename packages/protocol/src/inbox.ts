/**
 * The inbox decides what a client may apply (I3): exactly the next offset, once. It is pure: a frame
 * goes in, a verdict comes out, and the caller moves the inbox on when it has applied the frame.
 */

import type { Gap, Reset, ThreadEvents } from './messages.js';

/** How far a client has applied a thread. */
export interface Inbox {
  readonly epoch: string;
  /** The last offset that was applied. */
  readonly offset: number;
  /**
   * The newest cursor that the server has confirmed, at or before `offset` (a frame that was applied
   * only in part leaves it behind; what comes again is then dropped as a duplicate).
   */
  readonly cursor: string;
}

export type Verdict =
  /** Apply `entries` of the frame from index `skip` on, after announcing what is gone. */
  | {
      readonly kind: 'deliver';
      readonly skip: number;
      /** The first offset to apply. */
      readonly from: number;
      readonly gap?: Gap;
      readonly reset?: Reset;
    }
  /** All of it has been applied before. */
  | { readonly kind: 'duplicate'; readonly events: number }
  /** Something before it is missing: ask the server to go on from the cursor. */
  | { readonly kind: 'hole'; readonly expected: number; readonly got: number }
  /** It is of another incarnation of the log. */
  | { readonly kind: 'foreign' };

/** How many offsets the first `count` entries of a frame cover. */
export function offsetsCovered(
  frame: Pick<ThreadEvents, 'events'>,
  count = frame.events.length,
): number {
  let offsets = 0;
  for (let index = 0; index < count; index += 1) offsets += frame.events[index]?.[2] ?? 1;
  return offsets;
}

/** How many entries at the start of a frame end at or before `offset`. */
function entriesThrough(frame: ThreadEvents, offset: number): number {
  let end = frame.offset - 1;
  let index = 0;
  for (const entry of frame.events) {
    end += entry[2] ?? 1;
    if (end > offset) break;
    index += 1;
  }
  return index;
}

export function admit(inbox: Inbox, frame: ThreadEvents): Verdict {
  if (frame.reset) return admitReset(inbox, frame, frame.reset);
  // mutant: inbox-takes-any-epoch
  if (frame.epoch !== inbox.epoch) return { kind: 'foreign' };

  const last = frame.offset - 1 + offsetsCovered(frame);
  const gap = openGap(inbox, frame.gap);
  // mutant: inbox-applies-duplicates
  const next = gap ? gap.to + 1 : inbox.offset + 1;
  if (frame.gap && frame.gap.from > inbox.offset + 1) return hole(inbox, frame.gap.from);
  // mutant: inbox-jumps-over-holes
  if (frame.offset > next) return hole(inbox, frame.offset);
  if (last < next && !gap) return { kind: 'duplicate', events: frame.events.length };

  const skip = entriesThrough(frame, next - 1);
  const start = frame.offset + offsetsCovered(frame, skip);
  // An entry that covers both applied and missing offsets cannot be applied in part.
  // mutant: inbox-jumps-over-holes
  if (skip < frame.events.length && start !== next) return hole(inbox, start);
  return { kind: 'deliver', skip, from: next, ...(gap && { gap }) };
}

/**
 * A reset is the only way to change the epoch. One that names the current epoch is a refusal of the
 * client's history within it; one that has been obeyed already comes again only after a lost
 * connection, whose frames are discarded before they get here, or if a registration was sent and answered twice. It is
 * obeyed again: the log may have lost events meanwhile.
 */
function admitReset(inbox: Inbox, frame: ThreadEvents, reset: Reset): Verdict {
  if (frame.offset !== reset.from) return hole(inbox, frame.offset);
  return {
    kind: 'deliver',
    skip: 0,
    from: reset.from,
    reset,
    ...(frame.gap && { gap: frame.gap }),
  };
}

/** The part of a gap that this client has not passed yet. */
export function openGap(inbox: Inbox, gap: Gap | undefined): Gap | undefined {
  if (!gap || gap.to <= inbox.offset) return undefined;
  return { ...gap, from: Math.max(gap.from, inbox.offset + 1) };
}

const hole = (inbox: Inbox, got: number): Verdict => ({
  kind: 'hole',
  expected: inbox.offset + 1,
  got,
});
