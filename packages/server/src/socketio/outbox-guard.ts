/**
 * Notices a peer that asks and asks but never reads (I9). Frames wait in the log for a slow reader;
 * answers cannot: they pile up in Engine.IO's buffer.
 */

/** Thousands of answers; an honest client has a handful under way. */
const MAX_WAITING_PACKETS = 5_000;
/** Above the largest frame, which may wait for a poll beside the answers. */
const MAX_WAITING_BYTES = 2 * 1024 * 1024;

/** What waits to be written on one connection. */
export class OutboxGuard {
  #packets = 0;
  #bytes = 0;

  /** A packet was handed to Engine.IO. Returns whether there is too much now. */
  add(bytes: number): boolean {
    this.#packets += 1;
    this.#bytes += bytes;
    return this.#packets > MAX_WAITING_PACKETS || this.#bytes > MAX_WAITING_BYTES;
  }

  /** All of it has been handed on to the transport. */
  flushed(): void {
    this.#packets = 0;
    this.#bytes = 0;
  }
}
