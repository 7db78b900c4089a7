/** A log as readers get it: its events, and spans in place of them where somebody is at the beginning of one. */

import type { EventBatch } from './event-batch.js';
import type { SpanBatch } from './span-batch.js';

/** Where the two kinds of batches come from. */
export interface SpanSources {
  /** The first span that begins at or after an offset. */
  readonly spanFrom: (offset: number) => SpanBatch | undefined;
  /** Consecutive batches of events, from the one that holds an offset. */
  readonly eventsFrom: (offset: number, maxBytes: number) => readonly EventBatch[];
}

/**
 * Consecutive batches from an offset to the head: a span where one begins at the place that the reader has
 * come to, the events themselves everywhere else.
 */
export function withSpans(
  { spanFrom, eventsFrom }: SpanSources,
  from: number,
  head: number,
  maxBytes: number,
): readonly EventBatch[] {
  const batches: EventBatch[] = [];
  let bytes = 0;
  let events: readonly EventBatch[] = [];
  for (let next = from; next <= head && (bytes < maxBytes || batches.length === 0); ) {
    const span = spanFrom(next);
    if (span?.first === next) {
      batches.push(span);
      bytes += span.size;
      next = span.last + 1;
      continue;
    }
    // What was read for the stretch before goes on behind the span, as a rule.
    if (!events.some((each) => holds(each, next))) events = eventsFrom(next, maxBytes - bytes);
    const batch = events.find((each) => holds(each, next));
    if (!batch) return batches;
    const part = span ? batch.through(span.first - 1) : batch;
    batches.push(part);
    bytes += part.end(part.last) - part.start(next);
    next = part.last + 1;
  }
  return batches;
}

const holds = ({ first, last }: EventBatch, offset: number): boolean =>
  first <= offset && offset <= last;
