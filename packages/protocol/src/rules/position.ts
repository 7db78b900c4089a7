/** Where a reader continues in a log, and which gap or reset it must get. Pure. */

import { type Cursor, encodeCursor } from '../cursor.js';
import type { Gap, Reset, ResetReason, Since } from '../messages.js';

/** What is known of the log: the store's head, as far as it matters here. */
export interface LogBounds {
  readonly epoch: string;
  readonly offset: number;
  readonly tag: string;
  readonly base: number;
  readonly baseTag: string;
  readonly previous?: { readonly epoch: string; readonly reason: ResetReason };
}

export interface Position {
  readonly epoch: string;
  /** The reader has, or will never get, everything up to here. */
  readonly after: number;
  /** The cursor at `after`. */
  readonly cursor: string;
  /** What was trimmed before the reader had it. */
  readonly gap?: Gap;
  /** The reader's history is refused: it starts over. */
  readonly reset?: ResetReason;
}

/**
 * Continues at a cursor if it is of this log: same epoch, not past the head, same tag. Anything else
 * is a reset with its reason (I2, I4).
 *
 * @param tag the tag that the log has at the cursor's offset, if it still has one
 */
export function continueAt(cursor: Cursor, log: LogBounds, tag: string | undefined): Position {
  if (cursor.epoch !== log.epoch) return startOver(log, endOfEpoch(cursor.epoch, log));
  // mutant: a-cursor-past-the-end-is-continued
  if (cursor.offset > log.offset) return startOver(log, 'cursor_ahead');
  if (cursor.offset < log.base)
    return at(log, log.base, log.baseTag, trimmedGap(cursor.offset, log.base));
  // mutant: tags-are-not-compared
  if (cursor.tag !== tag) return startOver(log, 'diverged');
  return at(log, cursor.offset, tag);
}

/**
 * Where a reader without a cursor begins. A bare offset cannot be checked, only bounded.
 *
 * @param tag the tag that the log has at the offset that `since` names, if it is one
 * @param began where an earlier registration put this reader, if its receipt may have been lost: the new
 *   receipt repeats its gap or reset (I4)
 */
export function beginSince(since: Since, log: LogBounds, tag?: string, began?: Cursor): Position {
  if (since === 'start') return at(log, log.base, log.baseTag, trimmedGap(0, log.base));
  if (since === 'now') return at(log, log.offset, log.tag);
  // mutant: a-lost-reset-is-not-announced-again
  const wasAhead = began !== undefined && began.offset < since;
  if (wasAhead || since > log.offset) return startOver(log, 'cursor_ahead');
  if (since < log.base) return at(log, log.base, log.baseTag, trimmedGap(since, log.base));
  return at(log, since, tag ?? log.tag);
}

/** From the first event that is kept, after the reader has dropped what it has. */
export function startOver(log: LogBounds, reset: ResetReason): Position {
  return { ...at(log, log.base, log.baseTag, trimmedGap(0, log.base)), reset };
}

/** What a reader at a position gets before its next event. */
export const noticesOf = ({
  gap,
  reset: reason,
  after,
}: Position): { readonly gap?: Gap; readonly reset?: Reset } => ({
  ...(gap && { gap }),
  ...(reason && { reset: { reason, from: after + 1 } }),
});

/** Why an epoch that the log is no longer in has ended. */
export const endOfEpoch = (epoch: string, { previous }: LogBounds): ResetReason =>
  previous?.epoch === epoch ? previous.reason : 'epoch_changed';

/** The head of the log as a cursor. */
export const cursorAtHead = (log: LogBounds): string =>
  encodeCursor({ epoch: log.epoch, offset: log.offset, tag: log.tag });

/** The cursor of a reader that is at what was trimmed last. */
export const cursorAtBase = (log: LogBounds): string =>
  encodeCursor({ epoch: log.epoch, offset: log.base, tag: log.baseTag });

function at(log: LogBounds, after: number, tag: string, gap?: Gap): Position {
  const cursor = encodeCursor({ epoch: log.epoch, offset: after, tag });
  return { epoch: log.epoch, after, cursor, ...(gap && { gap }) };
}

/** What a reader that has everything up to `after` has missed for good, if everything up to `to` is trimmed. */
export function trimmedGap(after: number, to: number): Gap | undefined {
  // mutant: trimmed-history-is-skipped
  return to > after ? { from: after + 1, to, reason: 'trimmed' } : undefined;
}
