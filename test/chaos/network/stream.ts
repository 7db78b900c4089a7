/** One direction of one connection: takes bytes in, and gives them on as its temper has it. */

import type { Socket } from 'node:net';
import type { Temper } from './temper.js';

/** What waits here; beyond it the sender is not read from. */
const MAX_WAITING_BYTES = 256 * 1024;

interface Piece {
  bytes: Buffer;
  readonly dueAt: number;
}

export class Stream {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #temper: Temper;
  readonly #pieces: Piece[] = [];
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;
  #ending = false;
  #draining = false;
  /** What comes is swallowed, the end included. Never taken back: a stream with a hole is none. */
  deaf = false;

  constructor(from: Socket, to: Socket, temper: Temper) {
    this.#from = from;
    this.#to = to;
    this.#temper = temper;
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

  /** Goes on; to be called when the temper has changed. */
  wake(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#give();
  }

  #take(bytes: Buffer): void {
    if (this.deaf || this.#to.destroyed) return;
    this.#pieces.push({ bytes, dueAt: performance.now() + this.#temper.delayMs });
    this.#waiting += bytes.length;
    if (this.#waiting > MAX_WAITING_BYTES) this.#from.pause();
    if (!this.#timer) this.#give();
  }

  #give(): void {
    if (this.deaf || this.#draining || this.#temper.stalled || this.#to.destroyed) return;
    for (let piece = this.#pieces[0]; piece; piece = this.#pieces[0]) {
      const early = piece.dueAt - performance.now();
      const { sliceBytes, sliceEveryMs } = this.#temper;
      if (early <= 0) this.#write(piece, sliceBytes || piece.bytes.length);
      if (early > 0 || sliceBytes > 0) this.#later(Math.max(early, sliceEveryMs));
      if (this.#draining || this.#timer) return;
    }
    if (this.#ending) this.#to.destroy();
  }

  #write(piece: Piece, count: number): void {
    const bytes = piece.bytes.subarray(0, count);
    piece.bytes = piece.bytes.subarray(count);
    if (piece.bytes.length === 0) this.#pieces.shift();
    this.#waiting -= bytes.length;
    if (this.#waiting <= MAX_WAITING_BYTES && this.#from.isPaused()) this.#from.resume();
    this.#draining = !this.#to.write(bytes);
  }

  #later(ms: number): void {
    this.#timer = setTimeout(() => this.wake(), ms);
  }
}
