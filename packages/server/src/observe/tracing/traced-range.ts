/** A part of a log that is traced: an event, or a run. Its deliveries to readers are spans. */

import type { Moment, TimedSpan } from './timed-span.js';

/** How a delivery has ended. */
export type DeliveryOutcome =
  /** The reader has acknowledged the last event. */
  | 'acknowledged'
  /** The reader has left before. */
  | 'left'
  /** The log was erased, or has lost its end. */
  | 'reset'
  /** This node does not know where the run ends: it has missed a wake-up, or the run takes too long. */
  | 'unknown'
  /** The reader has not acknowledged it for minutes. */
  | 'late';

/** A part of a log that a reader is sent. */
export interface SentSlice {
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
  readonly events: number;
  readonly bytes: number;
}

type DeliverySpan = TimedSpan<'session_monitor.deliver'>;

/** What one reader was sent of the range. */
interface Delivery {
  readonly span: DeliverySpan;
  readonly from: number;
  to: number;
  frames: number;
  events: number;
  bytes: number;
  /** Whether the reader has acknowledged the first frame. */
  isHeard: boolean;
}

export class TracedRange<Reader extends object> {
  readonly traceparent: string;
  readonly epoch: string;
  readonly first: number;
  /** When this node learned of it. */
  readonly begun: Moment;
  /** When this node learned of it, and then of its end, in monotonic milliseconds. */
  #changedAt: number;
  #last: number | undefined;
  readonly #open = new Map<Reader, Delivery>();
  /** Readers that it was or is delivered to. */
  #readers = 0;

  constructor(place: Pick<TracedRange<Reader>, 'traceparent' | 'epoch' | 'first'>, begun: Moment) {
    this.traceparent = place.traceparent;
    this.epoch = place.epoch;
    this.first = place.first;
    this.begun = begun;
    this.#changedAt = begun.now;
  }

  get changedAt(): number {
    return this.#changedAt;
  }

  /** Whether its end is known. */
  get isClosed(): boolean {
    return this.#last !== undefined;
  }

  /** Whether it is delivered to no reader at the moment. */
  get isIdle(): boolean {
    return this.#open.size === 0;
  }

  /** How many readers it was or is delivered to. */
  get readers(): number {
    return this.#readers;
  }

  close(last: number, now: number): void {
    this.#last ??= last;
    this.#changedAt = now;
  }

  /** Whether a slice has a part of it. */
  meets({ epoch, from, to }: SentSlice): boolean {
    return epoch === this.epoch && to >= this.first && from <= (this.#last ?? to);
  }

  has(reader: Reader): boolean {
    return this.#open.has(reader);
  }

  /** The reader gets a first part of it. */
  begin(reader: Reader, span: DeliverySpan, { from }: SentSlice): void {
    this.#readers += 1;
    const counts = { to: 0, frames: 0, events: 0, bytes: 0 };
    this.#open.set(reader, { span, from: Math.max(from, this.first), ...counts, isHeard: false });
  }

  /** Counts what a reader is sent. Returns whether its acknowledgement tells something: of the first frame, and the last. */
  send(reader: Reader, { to, events, bytes }: SentSlice): boolean {
    const delivery = this.#open.get(reader);
    if (!delivery) return false;
    const isFirst = delivery.frames === 0;
    if (isFirst) delivery.span.event('session_monitor.frame');
    delivery.to = Math.min(to, this.#last ?? to);
    delivery.frames += 1;
    delivery.events += events;
    delivery.bytes += bytes;
    return isFirst || (this.#last !== undefined && to >= this.#last);
  }

  acknowledge(reader: Reader, epoch: string, offset: number): void {
    const delivery = this.#open.get(reader);
    if (!delivery || epoch !== this.epoch || offset < delivery.from) return;
    if (!delivery.isHeard) {
      delivery.isHeard = true;
      delivery.span.event('session_monitor.acknowledged');
    }
    if (this.#last !== undefined && offset >= this.#last) this.end(reader, 'acknowledged');
  }

  /** Ends the delivery to a reader, if there is one. */
  end(reader: Reader, outcome: DeliveryOutcome): void {
    const delivery = this.#open.get(reader);
    if (!delivery) return;
    this.#open.delete(reader);
    const { span, from, to, frames, events, bytes } = delivery;
    span.set({
      'session_monitor.from': from,
      'session_monitor.to': to,
      'session_monitor.frames': frames,
      'session_monitor.events': events,
      'session_monitor.bytes': bytes,
      'session_monitor.outcome': outcome,
    });
    span.end();
  }

  endAll(outcome: DeliveryOutcome): void {
    for (const reader of [...this.#open.keys()]) this.end(reader, outcome);
  }
}
