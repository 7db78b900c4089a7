/**
 * A log as server-sent events, through the same pump as on sockets: a slow HTTP reader is a pump that waits, like any
 * other slow reader, and costs nothing (I9).
 */

import type { ServerResponse } from 'node:http';
import { noticesOf } from '@session-monitor/protocol/rules';
import {
  type Clock,
  countNotices,
  type DeliveryWatch,
  type Frame,
  type OpenStream,
  type OpenStreams,
  type Position,
  type Pump,
  type PumpObserver,
  ReaderLink,
  type SessionServerInternals,
  type Subscriber,
  type ThreadLease,
} from '@session-monitor/server/internal';
import { Heartbeat, isWritable } from './sse.js';
import { StallGuard, type StallLimit } from './stall-guard.js';

export interface LogStreamDeps extends StallLimit {
  readonly response: ServerResponse;
  /** Given back when the stream has ended. */
  readonly lease: ThreadLease;
  readonly position: Position;
  readonly clock: Pick<Clock, 'after'>;
  /** Gets what is sent and announced. */
  readonly metrics: SessionServerInternals['metrics'];
  /** Where the stream is entered, so that it ends with the rights of its reader. */
  readonly streams: OpenStreams;
  /** By what right it is read. */
  readonly right: Omit<OpenStream, 'end'>;
  /** Whether one event may stand for several (yes). */
  readonly compacted?: boolean;
  /** How often a silent stream sends a comment. */
  readonly heartbeatMs: number;
  /** A frame as text; empty if nothing of it is for this reader. */
  readonly format: (frame: Frame) => string;
  /** A frame has left for the network. */
  readonly onFlushed?: (frame: Frame) => void;
  /** The reader has gone, or `end` was called. */
  readonly onEnd: () => void;
  readonly onError: (error: unknown) => void;
  /** Traces what is sent. Absent while nothing is traced. */
  readonly delivery?: DeliveryWatch | undefined;
}

/** The connection of a stream, as its spans name it. */
export const HTTP = { transport: 'http' } as const;

export class LogStream extends ReaderLink {
  readonly #deps: LogStreamDeps;
  readonly #pump: Pump;
  readonly #heartbeat: Heartbeat;
  readonly #stallGuard: StallGuard;
  #leave: () => void = () => {};
  #ended = false;

  constructor(deps: LogStreamDeps) {
    super();
    const { lease, position, compacted = true, response, clock, heartbeatMs, metrics } = deps;
    this.#deps = deps;
    this.#heartbeat = new Heartbeat(response, clock, heartbeatMs);
    this.#stallGuard = new StallGuard(response, clock, deps);
    this.#pump = this.pump(lease, position, compacted, observerOf(deps), metrics.pumps.stream);
  }

  /** Whether all of a log up to its end, as it was then, has left for the network. */
  hasPassed(end: { readonly epoch: string; readonly offset: number }): boolean {
    return this.#pump.epoch === end.epoch && this.#pump.acknowledged >= end.offset;
  }

  start(): void {
    const { response, position, format } = this.#deps;
    response.on('close', () => this.end());
    // The reader may have left before this listener was there.
    if (response.closed) {
      this.end();
      return;
    }
    this.#leave = this.#deps.streams.add({ ...this.#deps.right, end: () => this.end() });
    if (this.#ended) return;
    const { epoch, after, cursor } = position;
    const notices = noticesOf(position);
    if (notices.gap || notices.reset) {
      countNotices(this.#deps.metrics.counters, notices, false);
      const frame = { epoch, offset: after + 1, cursor, ack: false, ...notices };
      this.#write(format(frame));
    }
    this.#pump.start();
    this.#heartbeat.rest();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#heartbeat.stop();
    this.#stallGuard.stop();
    this.#leave();
    this.#pump.stop();
    this.#deps.lease.release();
    this.#deps.response.end();
    this.#deps.onEnd();
  }

  join(subscriber: Subscriber): () => void {
    const { response } = this.#deps;
    const wake = () => subscriber.wake();
    response.on('drain', wake);
    return () => response.off('drain', wake);
  }

  writable(): boolean {
    return isWritable(this.#deps.response);
  }

  send(frame: Frame): void {
    const text = this.#deps.format(frame);
    const flushed = () => {
      if (this.#ended) return;
      this.#pump.acknowledge(frame.epoch, frame.slice?.to ?? frame.offset - 1);
      this.#deps.onFlushed?.(frame);
    };
    if (text !== '') {
      this.#heartbeat.rest();
      this.#write(text, flushed);
    }
    // Nothing of it is for this reader. Not at once, so that other readers get their turn.
    else setImmediate(flushed);
  }

  /** Writes one event. `flushed` is called when it has left for the network. */
  #write(text: string, flushed = () => {}): void {
    this.#deps.response.write(text, (error) => {
      if (!error) flushed();
    });
    this.#stallGuard.wrote();
  }
}

function observerOf({ onError, metrics, delivery }: LogStreamDeps): PumpObserver {
  return {
    onError,
    onAnnounce: (frame) => countNotices(metrics.counters, frame, true),
    ...(delivery && {
      onFrame: (frame) => delivery.onFrame(frame),
      onAcknowledged: (epoch, offset) => delivery.onAcknowledged(epoch, offset),
      onStop: () => delivery.onStop(),
    }),
  };
}
