/** A stretch of a log as it is sent: cut out of batches, encoded once for all readers at its start. */

import { encodeCursor } from '@session-monitor/protocol';
import type { EventBatch } from '../stores/event-batch.js';

export interface SliceLimits {
  readonly maxBytes: number;
  readonly maxEvents: number;
}

export interface Slice {
  readonly epoch: string;
  /** The first offset. */
  readonly from: number;
  /** The last offset. */
  readonly to: number;
  /** The encoded events joined by commas: `["a",1],["b",2]`. */
  readonly json: string;
  /** Encoded size. */
  readonly bytes: number;
  /** The cursor after `to`. */
  readonly cursor: string;
}

/**
 * Cuts the events after an offset out of consecutive batches. Takes at least one event, however
 * large, then as many as the limits allow.
 */
export function cutSlice(
  epoch: string,
  batches: readonly EventBatch[],
  after: number,
  limits: SliceLimits,
): Slice | undefined {
  const parts: string[] = [];
  let from = 0;
  let to = 0;
  let bytes = 0;
  let tag = '';
  for (const batch of batches) {
    const start = Math.max(batch.first, after + 1);
    if (from === 0) from = start;
    const room = { bytes: limits.maxBytes - bytes, events: limits.maxEvents - (start - from) };
    const end = lastThatFits(batch, start, room, parts.length === 0);
    if (end < start) break;
    const text = batch.payload.toString('utf8', batch.start(start), batch.end(end));
    bytes += batch.end(end) - batch.start(start) + 1;
    parts.push(text);
    to = end;
    tag = batch.tag;
    if (end < batch.last) break;
  }
  if (parts.length === 0) return undefined;
  const cursor = encodeCursor({ epoch, offset: to, tag });
  return { epoch, from, to, json: parts.join(','), bytes, cursor };
}

/** The last offset of a batch that still fits, by bisection; before `start` if none does. */
function lastThatFits(
  batch: EventBatch,
  start: number,
  room: { readonly bytes: number; readonly events: number },
  takeOne: boolean,
): number {
  const begin = batch.start(start);
  let low = takeOne ? start : start - 1;
  let high = Math.max(low, Math.min(batch.last, start + room.events - 1));
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (batch.end(middle) - begin <= room.bytes) low = middle;
    else high = middle - 1;
  }
  return low;
}
