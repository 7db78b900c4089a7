/** A log as readers get it: events, and a compacted range in their place for a reader that is at its beginning. */

import type { CompactedBatch } from './compacted-batch.js';
import type { EventBatch, EventsWanted } from './event-batch.js';

/** Where the two kinds of batches come from. */
export interface LogSources {
  /** The compacted ranges that begin at or after the requested offset, in order. Read lazily, one by one. */
  readonly compacted: Iterable<CompactedBatch>;
  readonly eventsFrom: (wanted: EventsWanted) => readonly EventBatch[];
}

/**
 * Consecutive batches from an offset to the head. Where a compacted range begins at the reader's position, the reader
 * gets that range; elsewhere it gets the events themselves.
 */
export function withCompactedRanges(
  { compacted, eventsFrom }: LogSources,
  from: number,
  head: number,
  maxBytes: number,
): readonly EventBatch[] {
  const batches: EventBatch[] = [];
  let bytes = 0;
  let next = from;
  let events: readonly EventBatch[] = [];

  const wantsMore = (): boolean => bytes < maxBytes || batches.length === 0;
  const add = (batch: EventBatch): void => {
    batches.push(batch);
    bytes += batch.end(batch.last) - batch.start(next);
    next = batch.last + 1;
  };
  const addEvents = (to: number): void => {
    while (next <= to && wantsMore()) {
      // The events read before a compacted range usually continue behind it.
      if (!events.some((each) => holds(each, next))) {
        events = eventsFrom({ from: next, to, maxBytes: maxBytes - bytes });
      }
      const batch = events.find((each) => holds(each, next));
      if (!batch) return;
      add(batch.last > to ? batch.part(next, to) : batch);
    }
  };

  for (const range of compacted) {
    if (range.first > head) break;
    // mutant: a-compacted-range-is-reached-over-events
    addEvents(range.first - 1);
    // mutant: a-compacted-range-is-reached-over-events
    if (next < range.first || !wantsMore()) return batches;
    add(range);
  }
  addEvents(head);
  return batches;
}

const holds = ({ first, last }: EventBatch, offset: number): boolean =>
  first <= offset && offset <= last;
