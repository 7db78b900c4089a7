/**
 * The deliveries of a node that are traced. An append with a mark begins a range of its log here; the frames that a reader
 * gets of the range belong to one span, which ends when the reader has acknowledged the range. A node learns of the marks
 * of other nodes with their wake-ups, so that one trace goes on over all of them.
 *
 * All of it is bounded (I9): so many readers of a range, ranges of a log and of a node, for so long.
 */

import { threadOfLog } from '../../stores/log-ids.js';
import type { AppendMark } from '../../stores/store.js';
import type { Cancel, Clock } from '../../util/clock.js';
import { readMark } from './mark.js';
import { momentOf, TimedSpan } from './timed-span.js';
import { type DeliveryOutcome, type SentSlice, TracedRange } from './traced-range.js';
import type { Tracing } from './tracing.js';

/** A thread may have hundreds of readers: some of them tell enough. */
const MAX_READERS = 10;
/** At a time. A log with more is written to faster than a trace can show. */
const MAX_RANGES_OF_LOG = 32;
const MAX_RANGES = 500;
/** Longer than most replies take. */
const MAX_OPEN_MS = 15 * 60_000;
/** How long a reader may take to acknowledge what is complete. */
const MAX_CLOSED_MS = 2 * 60_000;
/** A reader that gets nothing of it for so long is far behind. */
const MAX_IDLE_MS = 5_000;
const SWEEP_EVERY_MS = 5_000;

export interface DeliveriesDeps {
  readonly tracing: Pick<Tracing, 'remote'>;
  readonly clock: Pick<Clock, 'now' | 'wall' | 'after'>;
  readonly node: string;
}

/** A reader, as its spans name it. */
export interface ReaderNames {
  readonly log_id: string;
  /** Absent for a stream over HTTP. */
  readonly session_id?: string;
  /** What carries it. Its transport may change. */
  readonly peer: { readonly transport: string };
}

/** What a pump sends. */
export interface SentFrame {
  readonly epoch: string;
  readonly slice?: Omit<SentSlice, 'epoch'>;
}

type Range = TracedRange<DeliveryReader>;

const NONE: readonly Range[] = [];

export class Deliveries {
  readonly #deps: DeliveriesDeps;
  readonly #ranges = new Map<string, Range[]>();
  #count = 0;
  #cancel: Cancel | undefined;

  constructor(deps: DeliveriesDeps) {
    this.#deps = deps;
  }

  /** How many ranges are traced. */
  get size(): number {
    return this.#count;
  }

  /** A reader of a log: its pump reports to it. */
  reader(names: ReaderNames): DeliveryReader {
    return new DeliveryReader(names, this);
  }

  /**
   * A log that is followed here has advanced.
   *
   * @param isWhole whether all of the advance is known: without it, marks may be missing
   */
  advanced(
    log_id: string,
    epoch: string,
    isWhole: boolean,
    marks: readonly AppendMark[] | undefined,
  ): void {
    const known = this.#ranges.get(log_id);
    if (!known && !marks) return;
    if (known?.some((range) => range.epoch !== epoch)) this.#drop(log_id, 'reset');
    else if (known && !isWhole) this.#dropOpen(log_id, known);
    for (const { offset, mark } of marks ?? []) this.#take(log_id, epoch, offset, mark);
  }

  /** A log has no reader here any more: nothing is learned of it from now on. */
  closed(log_id: string): void {
    this.#drop(log_id, 'left');
  }

  /** Ends all spans. */
  stop(): void {
    for (const log_id of [...this.#ranges.keys()]) this.#drop(log_id, 'left');
  }

  /** @internal for readers, as `sent` */
  of(log_id: string): readonly Range[] {
    return this.#ranges.get(log_id) ?? NONE;
  }

  sent(reader: DeliveryReader, slice: SentSlice): boolean {
    let asks = false;
    for (const range of this.of(reader.names.log_id)) {
      if (!range.meets(slice)) continue;
      if (!range.has(reader) && range.readers < MAX_READERS) this.#begin(range, reader, slice);
      if (range.send(reader, slice)) asks = true;
    }
    return asks;
  }

  #take(log_id: string, epoch: string, offset: number, text: string): void {
    const mark = readMark(text);
    if (!mark) return;
    const { kind, traceparent } = mark;
    const now = this.#deps.clock.now();
    if (kind === 'closes') {
      this.of(log_id)
        .find((range) => range.traceparent === traceparent)
        ?.close(offset, now);
      return;
    }
    const ranges = this.#ranges.get(log_id) ?? [];
    if (this.#count >= MAX_RANGES || ranges.length >= MAX_RANGES_OF_LOG) return;
    const range: Range = new TracedRange(
      { traceparent, epoch, first: offset },
      momentOf(this.#deps.clock),
    );
    if (kind === 'event') range.close(offset, now);
    ranges.push(range);
    this.#ranges.set(log_id, ranges);
    this.#count += 1;
    this.#sweepLater();
  }

  #begin(range: Range, reader: DeliveryReader, slice: SentSlice): void {
    const { tracing, clock, node } = this.#deps;
    const { log_id, session_id, peer } = reader.names;
    const attributes = {
      'session_monitor.node': node,
      'session_monitor.thread_id': threadOfLog(log_id),
      ...(session_id !== undefined && { 'session_monitor.session_id': session_id }),
      'session_monitor.transport': peer.transport,
    };
    // A reader that comes in the middle was not waited for before.
    const begun = slice.from <= range.first ? range.begun : momentOf(clock);
    const start = tracing.remote(range.traceparent);
    range.begin(
      reader,
      new TimedSpan('session_monitor.deliver', start, attributes, clock, begun),
      slice,
    );
  }

  #drop(log_id: string, outcome: DeliveryOutcome): void {
    const ranges = this.#ranges.get(log_id);
    if (ranges) this.#keep(log_id, ranges, () => outcome);
  }

  /** The end of a run may have been among what was missed: without it, the events of later runs would count as its own. */
  #dropOpen(log_id: string, ranges: readonly Range[]): void {
    this.#keep(log_id, ranges, (range) => (range.isClosed ? undefined : 'unknown'));
  }

  /** Keeps the ranges that have no outcome, and ends the others. */
  #keep(
    log_id: string,
    ranges: readonly Range[],
    outcomeOf: (range: Range) => DeliveryOutcome | undefined,
  ): void {
    const kept: Range[] = [];
    for (const range of ranges) {
      const outcome = outcomeOf(range);
      if (outcome === undefined) kept.push(range);
      else range.endAll(outcome);
    }
    this.#count -= ranges.length - kept.length;
    if (kept.length > 0) this.#ranges.set(log_id, kept);
    else this.#ranges.delete(log_id);
    if (this.#ranges.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #sweepLater(): void {
    this.#cancel ??= this.#deps.clock.after(SWEEP_EVERY_MS, () => {
      this.#cancel = undefined;
      this.#sweep();
      if (this.#ranges.size > 0) this.#sweepLater();
    });
  }

  #sweep(): void {
    const now = this.#deps.clock.now();
    const outcomeOf = ({ isClosed, isIdle, changedAt }: Range): DeliveryOutcome | undefined => {
      const maxMs = isClosed ? (isIdle ? MAX_IDLE_MS : MAX_CLOSED_MS) : MAX_OPEN_MS;
      if (now - changedAt < maxMs) return undefined;
      return isClosed ? 'late' : 'unknown';
    };
    for (const [log_id, ranges] of [...this.#ranges]) this.#keep(log_id, ranges, outcomeOf);
  }
}

/** One reader of a log. It gets what the reader's pump reports. */
export class DeliveryReader {
  readonly names: ReaderNames;
  readonly #deliveries: Deliveries;

  constructor(names: ReaderNames, deliveries: Deliveries) {
    this.names = names;
    this.#deliveries = deliveries;
  }

  /** Returns whether the reader should acknowledge the frame at once. */
  onFrame({ epoch, slice }: SentFrame): boolean {
    if (!slice || this.#deliveries.of(this.names.log_id).length === 0) return false;
    const { from, to, events, bytes } = slice;
    return this.#deliveries.sent(this, { epoch, from, to, events, bytes });
  }

  onAcknowledged(epoch: string, offset: number): void {
    for (const range of this.#deliveries.of(this.names.log_id)) {
      range.acknowledge(this, epoch, offset);
    }
  }

  onStop(): void {
    for (const range of this.#deliveries.of(this.names.log_id)) range.end(this, 'left');
  }
}
