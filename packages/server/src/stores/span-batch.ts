/** A span as readers get it: a batch with one event that covers several offsets. */

import { EventBatch } from './event-batch.js';
import type { Span } from './store.js';

export class SpanBatch extends EventBatch {
  readonly #last: number;

  /** @param tag that of the span's last offset, so that the cursor after it is the one after the events */
  constructor({ first, last, event }: Span, tag: string) {
    // On the wire an entry is `[name, data, span]`.
    const payload = `${event.slice(0, -1)},${last - first + 1}]`;
    super({
      ...{ first, tag, payload },
      at: 0,
      cumulativeBytes: 0,
      ends: [Buffer.byteLength(payload)],
    });
    this.#last = last;
  }

  override get last(): number {
    return this.#last;
  }

  /** The event without its span: `["name",data]`. */
  get event(): string {
    const text = this.text();
    return `${text.slice(0, text.lastIndexOf(','))}]`;
  }

  /** It is whole or not at all. */
  override start(): number {
    return 0;
  }

  override end(): number {
    return this.size;
  }

  override text(): string {
    return String(this.source);
  }
}

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
