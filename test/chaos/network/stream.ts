/** One direction of one connection: passes bytes on as the link conditions say. */

import type { Socket } from 'node:net';
import type { LinkConditions } from './link-conditions.js';

/** The most bytes that wait here; beyond it the stream stops reading from the sender. */
const MAX_WAITING_BYTES = 256 * 1024;

interface SentPart {
  bytes: Buffer;
  readonly dueAt: number;
}

export class Stream {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #conditions: LinkConditions;
  readonly #parts: SentPart[] = [];
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;
  #ending = false;
  #draining = false;
  /** Swallows all bytes, and the end. Never reset to false, because a byte stream must not have a hole. */
  deaf = false;

  constructor(from: Socket, to: Socket, conditions: LinkConditions) {
    this.#from = from;
    this.#to = to;
    this.#conditions = conditions;
    from.setNoDelay(true);
    from.on('data', (bytes) => this.#take(bytes));
    from.on('error', () => {});
    from.on('close', () => {
      this.#ending = true;
      this.wake();
    });
    to.on('drain', () => {
      this.#draining = false;
      this.wake();
    });
    to.on('close', () => clearTimeout(this.#timer));
  }

  /** Continues; to be called when the conditions have changed. */
  wake(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#give();
  }

  #take(bytes: Buffer): void {
    if (this.deaf || this.#to.destroyed) return;
    this.#parts.push({ bytes, dueAt: performance.now() + this.#conditions.delayMs });
    this.#waiting += bytes.length;
    if (this.#waiting > MAX_WAITING_BYTES) this.#from.pause();
    if (!this.#timer) this.#give();
  }

  #give(): void {
    if (this.deaf || this.#draining || this.#conditions.stalled || this.#to.destroyed) return;
    for (let part = this.#parts[0]; part; part = this.#parts[0]) {
      const early = part.dueAt - performance.now();
      const { sliceBytes, sliceEveryMs } = this.#conditions;
      if (early <= 0) this.#write(part, sliceBytes || part.bytes.length);
      if (early > 0 || sliceBytes > 0) this.#later(Math.max(early, sliceEveryMs));
      if (this.#draining || this.#timer) return;
    }
    if (this.#ending) this.#to.destroy();
  }

  #write(part: SentPart, count: number): void {
    const bytes = part.bytes.subarray(0, count);
    part.bytes = part.bytes.subarray(count);
    if (part.bytes.length === 0) this.#parts.shift();
    this.#waiting -= bytes.length;
    if (this.#waiting <= MAX_WAITING_BYTES && this.#from.isPaused()) this.#from.resume();
    this.#draining = !this.#to.write(bytes);
  }

  #later(ms: number): void {
    this.#timer = setTimeout(() => this.wake(), ms);
  }
}
