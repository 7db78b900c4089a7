/** One page of a log, for programs that ask instead of listening. */

import { decodeCursor, LIMITS } from '@session-monitor/protocol';
import { noticesOf, trimmedGap } from '@session-monitor/protocol/rules';
import type { LogStore } from '@session-monitor/server';
import {
  cutSlice,
  type Position,
  positionAt,
  type Slice,
  storedLog,
} from '@session-monitor/server/internal';
import { objectOf } from './entry-text.js';

export const DEFAULT_PAGE_EVENTS = 100;
export const MAX_PAGE_EVENTS = 1_000;

/** Bounds the rounds of a thread that is erased again and again while it is read. */
const MAX_ROUNDS = 3;

/** The page at a position, as JSON. */
export async function readPage(
  logs: Pick<LogStore, 'read' | 'locate'>,
  thread_id: string,
  begin: Position,
  maxEvents: number,
): Promise<string> {
  let position = begin;
  for (let round = 1; ; round += 1) {
    const { epoch, after, cursor } = position;
    const limits = { maxBytes: LIMITS.windowBytes, maxEvents, compacted: true };
    const { head, batches } = await logs.read(thread_id, after, limits);
    if (head.epoch === epoch || round === MAX_ROUNDS) {
      const slice = head.epoch === epoch ? cutSlice(epoch, batches, after, limits) : undefined;
      return writePage(thread_id, position, slice, head.offset);
    }
    // The thread was erased in between.
    position = await positionAt(storedLog(logs, thread_id), cursor);
  }
}

/**
 * The page of a thread that is not there, as JSON. Its cursor is the beginning.
 *
 * @param position that of the reader in an empty log: it has what the reader must learn
 */
export function emptyPage(thread_id: string, position: Position): string {
  const facts = { thread_id, epoch: '', head: 0, cursor: 'start', more: false };
  return JSON.stringify({ ...facts, ...noticesOf(position), events: [] });
}

function writePage(
  thread_id: string,
  position: Position,
  slice: Slice | undefined,
  head: number,
): string {
  const { epoch, after, cursor } = position;
  const next = slice?.cursor ?? cursor;
  const { gap, reset } = noticesOf(position);
  // The log was trimmed between the two reads.
  const late = slice && trimmedGap(after, slice.from - 1);
  const announced = gap && late ? { ...late, from: gap.from } : (gap ?? late);
  const facts = {
    thread_id,
    epoch,
    head,
    cursor: next,
    more: (decodeCursor(next)?.offset ?? 0) < head,
    ...(announced && { gap: announced }),
    ...(reset && { reset }),
  };
  const events = slice ? [...slice.entries()].map(objectOf).join(',') : '';
  return `${JSON.stringify(facts).slice(0, -1)},"events":[${events}]}`;
}
