/** A range of a log as it is sent: cut out of batches, encoded once for all readers at its start. */

import { encodeCursor } from '@session-monitor/protocol';
import { CompactedBatch } from '../stores/compacted-batch.js';
import type { EventBatch } from '../stores/event-batch.js';
import { elementAt } from '../util/assert.js';

export interface SliceLimits {
  readonly maxBytes: number;
  readonly maxEvents: number;
  /** Take compacted ranges where there are some. Default: no. */
  readonly compacted?: boolean | undefined;
}

/** A run of consecutive events within one batch. */
interface SliceSegment {
  readonly batch: EventBatch;
  readonly from: number;
  readonly to: number;
}

/** One event of a slice, for readers that get them one by one. */
export interface SliceEntry {
  /** Its offset; the last one of an event that stands for several. */
  readonly offset: number;
  /** How many offsets it covers. */
  readonly span: number;
  /** The event as it was encoded: `["name",data]`. */
  readonly text: string;
  /** The cursor after it. */
  readonly cursor: string;
}

/** Namespaces, with and without a request for an acknowledgement. */
const MAX_ENCODINGS = 4;

export class Slice {
  readonly epoch: string;
  /** The first offset. */
  readonly from: number;
  /** The last offset. */
  readonly to: number;
  /** The encoded events joined by commas: `["a",1],["b",2]`. */
  readonly json: string;
  /** Encoded size. */
  readonly bytes: number;
  /** How many events it has: fewer than offsets where some stand for several. */
  readonly events: number;
  /** The cursor after `to`. */
  readonly cursor: string;
  readonly #segments: readonly SliceSegment[];
  /** Encodings that were made for one reader and serve the others; see `encoded`. */
  readonly #encodings: (readonly [key: string, text: string])[] = [];

  constructor(epoch: string, segments: readonly SliceSegment[], bytes: number, events: number) {
    this.epoch = epoch;
    this.from = elementAt(segments, 0).from;
    this.to = elementAt(segments, segments.length - 1).to;
    this.bytes = bytes;
    this.events = events;
    this.#segments = segments;
    const [first] = segments;
    this.json =
      segments.length === 1 && first
        ? first.batch.text(first.from, first.to)
        : segments.map(({ batch, from, to }) => batch.text(from, to)).join(',');
    this.cursor = cursorAt(epoch, this.to, segments.at(-1)?.batch);
  }

  /** Whether one of its events stands for several. */
  get hasCompacted(): boolean {
    return this.events <= this.to - this.from;
  }

  /** The slice in an encoding. The first reader that needs it makes it, the others share it. */
  encoded(key: string, encode: () => string): string {
    for (const [known, text] of this.#encodings) if (known === key) return text;
    const text = encode();
    if (this.#encodings.length < MAX_ENCODINGS) this.#encodings.push([key, text]);
    return text;
  }

  /** The events one by one, each with its own cursor. */
  *entries(): Generator<SliceEntry> {
    for (const { batch, from, to } of this.#segments) {
      if (batch instanceof CompactedBatch) {
        const cursor = cursorAt(this.epoch, to, batch);
        yield { offset: to, span: to - from + 1, text: batch.event, cursor };
        continue;
      }
      for (let offset = from; offset <= to; offset += 1) {
        const text = batch.text(offset, offset);
        yield { offset, span: 1, text, cursor: cursorAt(this.epoch, offset, batch) };
      }
    }
  }
}

const cursorAt = (epoch: string, offset: number, batch: EventBatch | undefined): string =>
  encodeCursor({ epoch, offset, tag: batch?.tagAt(offset) ?? '' });

/**
 * Cuts the events after an offset out of consecutive batches. Takes at least one event, however
 * large, then as many as the limits allow. Ends where the batches do not follow each other.
 */
export function cutSlice(
  epoch: string,
  batches: readonly EventBatch[],
  after: number,
  limits: SliceLimits,
): Slice | undefined {
  const segments: SliceSegment[] = [];
  let bytes = 0;
  let events = 0;
  let next = Math.max(batches[0]?.first ?? 0, after + 1);
  for (const batch of batches) {
    if (batch.first > next || batch.last < next) break;
    const room = { bytes: limits.maxBytes - bytes, events: limits.maxEvents - events };
    const isCompacted = batch instanceof CompactedBatch;
    // Never send a compacted range to a reader that already has part of it.
    if (isCompacted && batch.first < next) break;
    const to = isCompacted
      ? lastOfCompacted(batch, room, segments.length === 0)
      : lastThatFits(batch, next, room, segments.length === 0);
    if (to < next) break;
    bytes += batch.end(to) - batch.start(next) + 1;
    events += isCompacted ? 1 : to - next + 1;
    segments.push({ batch, from: next, to });
    next = to + 1;
    if (to < batch.last) break;
  }
  return segments.length === 0 ? undefined : new Slice(epoch, segments, bytes, events);
}

interface Room {
  readonly bytes: number;
  readonly events: number;
}

/** A compacted range fits as a whole, or ends before its start. */
const lastOfCompacted = (batch: CompactedBatch, room: Room, takeOne: boolean): number =>
  takeOne || (room.events > 0 && batch.size <= room.bytes) ? batch.last : batch.first - 1;

/** The last offset of a batch that still fits, by bisection; before `start` if none does. */
function lastThatFits(batch: EventBatch, start: number, room: Room, takeOne: boolean): number {
  const begin = batch.start(start);
  // mutant: one-event-too-large-is-never-sent
  let low = takeOne ? start : start - 1;
  let high = Math.max(low, Math.min(batch.last, start + room.events - 1));
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (batch.end(middle) - begin <= room.bytes) low = middle;
    else high = middle - 1;
  }
  return low;
}
