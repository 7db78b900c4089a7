/** A response of lines that goes on until its reader leaves, the server ends it, or the reader takes nothing. */

import type { ServerResponse } from 'node:http';
import type { Clock, LiveLink } from '@session-monitor/server/internal';
import { isWritable } from './sse.js';
import { StallGuard, type StallLimit } from './stall-guard.js';

const HEADERS = {
  'content-type': 'application/x-ndjson; charset=utf-8',
  // Middleware that compresses would hold lines back until there are enough of them, and so do proxies that buffer.
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
} as const;

export interface LineStreamDeps extends StallLimit {
  readonly response: ServerResponse;
  readonly clock: Pick<Clock, 'after'>;
}

export class LineStream implements LiveLink {
  readonly #response: ServerResponse;
  readonly #stallGuard: StallGuard;
  /** Set while it is open. */
  #onEnd: (() => void) | undefined;

  constructor({ response, clock, ...limit }: LineStreamDeps) {
    this.#response = response;
    this.#stallGuard = new StallGuard(response, clock, limit);
  }

  /** Sends the head. @param onEnd called once, when nothing may be sent any more, however that came */
  open(onEnd: () => void): void {
    this.#onEnd = onEnd;
    // The reader may have left before this listener was there.
    if (this.#response.closed) {
      this.#ended();
      return;
    }
    this.#response.once('close', () => this.#ended());
    this.#response.writeHead(200, HEADERS);
    this.#response.flushHeaders();
  }

  readonly isReady = (): boolean => isWritable(this.#response);

  readonly send = (json: string): void => {
    this.#response.write(`${json}\n`);
    this.#stallGuard.wrote();
  };

  readonly end = (): void => {
    this.#ended();
    this.#response.end();
  };

  #ended(): void {
    this.#stallGuard.stop();
    this.#onEnd?.();
    this.#onEnd = undefined;
  }
}
