/** Streams over HTTP that are being read: they end when the rights of their readers do. */

import type { Revocation } from '@session-monitor/protocol';
import { afterWall } from '../util/after-wall.js';
import type { Cancel, Clock } from '../util/clock.js';
import { concerns, type Holder, type Mark, type Revocations } from './revocations.js';

/** A stream and the grant that it is read by. */
export interface OpenStream extends Holder {
  /** When the grant ends, in milliseconds since 1970; null for never. */
  readonly expires_at: number | null;
  /** Taken before the question to `authorize`. */
  readonly asked: Mark;
  /** Ends the stream. May be called more than once. */
  end(): void;
}

export class OpenStreams {
  readonly #clock: Pick<Clock, 'after' | 'wall'>;
  readonly #revocations: Revocations;
  readonly #open = new Map<OpenStream, Cancel>();

  constructor(clock: Pick<Clock, 'after' | 'wall'>, revocations: Revocations) {
    this.#clock = clock;
    this.#revocations = revocations;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Adds a stream. Returns the function that takes it away when it has ended. */
  add(stream: OpenStream): () => void {
    const { expires_at, asked } = stream;
    if (this.#revocations.since(asked, stream)) {
      stream.end();
      return () => {};
    }
    const cancel =
      expires_at === null ? () => {} : afterWall(this.#clock, expires_at, () => stream.end());
    this.#open.set(stream, cancel);
    return () => {
      cancel();
      this.#open.delete(stream);
    };
  }

  /** Ends the streams that a revocation concerns. Returns their number. */
  revoke(revocation: Revocation): number {
    const ended = [...this.#open.keys()].filter((each) => concerns(revocation, each));
    for (const stream of ended) stream.end();
    return ended.length;
  }
}
