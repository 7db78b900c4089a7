/** A log as server-sent events, through the same pump as on sockets: a slow reader costs nothing (I9). */

import type { ServerResponse } from 'node:http';
import { LIMITS } from '@session-monitor/protocol';
import { noticesOf } from '@session-monitor/protocol/rules';
import {
  type Cancel,
  type Clock,
  type Frame,
  type Position,
  Pump,
  type ThreadLease,
} from '@session-monitor/server/internal';
import { SSE_COMMENT, SseLink } from './sse.js';

export interface LogStreamDeps {
  readonly response: ServerResponse;
  /** Given back when the stream has ended. */
  readonly lease: ThreadLease;
  readonly position: Position;
  readonly clock: Pick<Clock, 'after'>;
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
}

export class LogStream {
  readonly #deps: LogStreamDeps;
  readonly #link: SseLink;
  readonly #pump: Pump;
  #beat: Cancel = () => {};
  #ended = false;

  constructor(deps: LogStreamDeps) {
    const { response, lease, position, compacted = true } = deps;
    this.#deps = deps;
    this.#link = new SseLink(response, (frame) => this.#send(frame));
    this.#pump = new Pump({
      log: lease.log,
      link: this.#link,
      window: { bytes: LIMITS.windowBytes, events: LIMITS.windowEvents },
      frame: { maxBytes: LIMITS.maxFrameBytes, maxEvents: LIMITS.maxFrameEvents, compacted },
      position,
      observer: deps,
    });
    lease.wakes(this.#pump);
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
    const { epoch, after, cursor } = position;
    const notices = noticesOf(position);
    if (notices.gap || notices.reset) {
      const frame = { epoch, offset: after + 1, cursor, ack: false, ...notices };
      this.#link.write(format(frame), () => {});
    }
    this.#pump.start();
    this.#rest();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#beat();
    this.#pump.stop();
    this.#deps.lease.release();
    this.#deps.response.end();
    this.#deps.onEnd();
  }

  #send(frame: Frame): void {
    const text = this.#deps.format(frame);
    const flushed = () => {
      if (this.#ended) return;
      this.#pump.acknowledge(frame.epoch, frame.slice?.to ?? frame.offset - 1);
      this.#deps.onFlushed?.(frame);
    };
    if (text !== '') {
      this.#rest();
      this.#link.write(text, flushed);
    }
    // Nothing of it is for this reader. Not at once, so that other readers get their turn.
    else setImmediate(flushed);
  }

  /** Proxies cut a stream that is silent for long. The comment is for them; readers skip it. */
  #rest(): void {
    const { clock, heartbeatMs } = this.#deps;
    this.#beat();
    this.#beat = clock.after(heartbeatMs, () => {
      if (this.#link.writable()) this.#link.write(SSE_COMMENT, () => {});
      this.#rest();
    });
  }
}
