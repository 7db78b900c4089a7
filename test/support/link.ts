/** One direction of one connection: passes bytes on as the link conditions say. */

import type { Socket } from 'node:net';

/** All connections of a proxy share them, and they change while the connections live. */
export interface LinkConditions {
  stalled: boolean;
  delayMs: number;
  /** Bytes are passed on in pieces of at most this size, one every `sliceEveryMs`; 0 for as they come. */
  sliceBytes: number;
  sliceEveryMs: number;
}

export const STEADY: Readonly<LinkConditions> = {
  stalled: false,
  delayMs: 0,
  sliceBytes: 0,
  sliceEveryMs: 0,
};

/** The most bytes that wait here; beyond it the link stops reading from the sender. */
const MAX_WAITING_BYTES = 256 * 1024;

interface SentPart {
  bytes: Buffer;
  readonly dueAt: number;
}

export class Link {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #conditions: Readonly<LinkConditions>;
  readonly #passes: (bytes: Buffer) => boolean;
  readonly #parts: SentPart[] = [];
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;
  #ending = false;
  #draining = false;
  #reading = true;
  /** Swallows all bytes, and the end. Never reset to false, because a byte stream must not have a hole. */
  deaf = false;

  /** @param passes is asked for each piece that arrives; one that does not pass is dropped */
  constructor(
    from: Socket,
    to: Socket,
    conditions: Readonly<LinkConditions>,
    passes: (bytes: Buffer) => boolean = () => true,
  ) {
    this.#from = from;
    this.#to = to;
    this.#conditions = conditions;
    this.#passes = passes;
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

  /** Stops reading from the sender, or reads again. */
  reads(reading: boolean): void {
    this.#reading = reading;
    if (reading) this.#from.resume();
    else this.#from.pause();
  }

  #take(bytes: Buffer): void {
    if (this.deaf || !this.#passes(bytes) || this.#to.destroyed) return;
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
    if (this.#reading && this.#waiting <= MAX_WAITING_BYTES) this.#from.resume();
    this.#draining = !this.#to.write(bytes);
  }

  #later(ms: number): void {
    this.#timer = setTimeout(() => this.wake(), ms);
  }
}
