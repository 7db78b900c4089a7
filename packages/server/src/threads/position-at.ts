/** Where a reader continues in a log. */

import { type Cursor, decodeCursor, type Since } from '@session-monitor/protocol';
import { beginSince, continueAt, type Position, startOver } from '@session-monitor/protocol/rules';
import type { Location, LogStore } from '../stores/store.js';

/** A log that can be asked what is at an offset. */
export interface Locatable {
  locate(offset: number): Promise<Location>;
}

/** A log as it is stored, for a reader that does not follow it. */
export const storedLog = (logs: Pick<LogStore, 'locate'>, log_id: string): Locatable => ({
  locate: (offset) => logs.locate(log_id, offset),
});

/** The position at a cursor that a client has sent; a reset if it is not a cursor of this log. */
export async function positionAt(log: Locatable, text: string): Promise<Position> {
  const cursor = decodeCursor(text);
  const { head, tag } = await log.locate(cursor?.offset ?? 0);
  return cursor ? continueAt(cursor, head, tag) : startOver(head, 'epoch_changed');
}

/**
 * Where a reader without a cursor begins.
 *
 * @param began where an earlier attempt began, if its answer may be lost
 */
export async function positionSince(
  log: Locatable,
  since: Since,
  began?: Cursor,
): Promise<Position> {
  const { head, tag } = await log.locate(typeof since === 'number' ? since : 0);
  return beginSince(since, head, tag, began);
}
