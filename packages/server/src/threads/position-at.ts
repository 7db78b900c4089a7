/** Asks the store where a reader continues in a log. */

import { type Cursor, decodeCursor, type Since } from '@session-monitor/protocol';
import { beginSince, continueAt, type Position, startOver } from '@session-monitor/protocol/rules';
import type { LogStore } from '../stores/store.js';

/** The position at a cursor that a client has sent; a reset if it is not a cursor of this log. */
export async function positionAt(
  logs: Pick<LogStore, 'locate'>,
  thread_id: string,
  text: string,
): Promise<Position> {
  const cursor = decodeCursor(text);
  const { head, tag } = await logs.locate(thread_id, cursor?.offset ?? 0);
  return cursor ? continueAt(cursor, head, tag) : startOver(head, 'epoch_changed');
}

/**
 * Where a reader without a cursor begins.
 *
 * @param began where an earlier attempt began, if its answer may be lost
 */
export async function positionSince(
  logs: Pick<LogStore, 'locate'>,
  thread_id: string,
  since: Since,
  began?: Cursor,
): Promise<Position> {
  const { head, tag } = await logs.locate(thread_id, typeof since === 'number' ? since : 0);
  return beginSince(since, head, tag, began);
}
