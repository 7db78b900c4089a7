/**
 * The delivery of one run as a stream over HTTP. The stream knows where the run begins and ends, so it needs no mark: it may
 * begin to read after the append that has one.
 */

import { decodeCursor } from '@session-monitor/protocol';
import type { RunRecord } from '../../stores/store.js';
import type { DeliveriesDeps, SentFrame } from './deliveries.js';
import { momentOf, TimedSpan } from './timed-span.js';
import { TracedRange } from './traced-range.js';

export type StreamedRun = Pick<RunRecord, 'thread_id' | 'cursor'> & {
  readonly traceparent: string;
};

export class RunDelivery {
  readonly #deps: DeliveriesDeps;
  readonly #thread_id: string;
  readonly #range: TracedRange<RunDelivery>;

  constructor(deps: DeliveriesDeps, { thread_id, cursor, traceparent }: StreamedRun) {
    this.#deps = deps;
    this.#thread_id = thread_id;
    const { epoch = '', offset = 0 } = decodeCursor(cursor) ?? {};
    this.#range = new TracedRange({ traceparent, epoch, first: offset + 1 }, momentOf(deps.clock));
  }

  onFrame({ epoch, slice }: SentFrame): boolean {
    if (!slice) return false;
    const { from, to, events, bytes } = slice;
    const sent = { epoch, from, to, events, bytes };
    const range = this.#range;
    if (!range.meets(sent)) return false;
    if (range.readers === 0) range.begin(this, this.#span(), sent);
    return range.send(this, sent);
  }

  /** The stream has come to the run's last event. */
  onLast(offset: number): void {
    this.#range.close(offset, this.#deps.clock.now());
  }

  onAcknowledged(epoch: string, offset: number): void {
    this.#range.acknowledge(this, epoch, offset);
  }

  onStop(): void {
    this.#range.end(this, 'left');
  }

  #span(): TimedSpan<'session_monitor.deliver'> {
    const { tracing, clock, node } = this.#deps;
    const attributes = {
      'session_monitor.node': node,
      'session_monitor.thread_id': this.#thread_id,
      'session_monitor.transport': 'http',
    };
    const start = tracing.remote(this.#range.traceparent);
    return new TimedSpan('session_monitor.deliver', start, attributes, clock, this.#range.begun);
  }
}
