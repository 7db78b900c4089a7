/**
 * Writes the log to a file descriptor, without blocking the server on a slow reader and without ending it on a full disk:
 * lines that cannot be written are dropped. pino's own destination tries them again without end when the process ends.
 */

import { write, writeSync } from 'node:fs';

/** Lines that wait for a slow reader, in UTF-16 units. Further ones are dropped. */
const MAX_WAITING = 4 * 1024 * 1024;
/** At the end of the process a write that is under way gets so long. */
const LAST_WRITE_MS = 50;
/** A pipe that is full at the moment. */
const IS_BUSY: ReadonlySet<unknown> = new Set(['EAGAIN', 'EBUSY']);
const BUSY_RETRY_MS = 100;

export class LogOutput {
  readonly #fd: number;
  #waiting: string[] = [];
  #length = 0;
  #isWriting = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(line: string): void {
    if (this.#length + line.length > MAX_WAITING) return;
    this.#waiting.push(line);
    this.#length += line.length;
    if (!this.#isWriting) this.#next();
  }

  /** Writes what waits, as far as that works; for the end of the process. */
  flushSync(): void {
    // Another thread writes it; this one does not hear of it any more.
    if (this.#isWriting) sleep(LAST_WRITE_MS);
    try {
      for (let rest = this.#take(); rest.length > 0; ) {
        rest = rest.subarray(writeSync(this.#fd, rest));
      }
    } catch {
      // The disk is full, or the reader has gone.
    }
  }

  #next(): void {
    this.#isWriting = this.#waiting.length > 0;
    if (this.#isWriting) this.#write(this.#take());
  }

  #write(bytes: Buffer): void {
    write(this.#fd, bytes, (error, written) => {
      if (error && IS_BUSY.has(error.code)) {
        setTimeout(() => this.#write(bytes), BUSY_RETRY_MS).unref();
      } else if (error || written === bytes.length) this.#next();
      else this.#write(bytes.subarray(written));
    });
  }

  #take(): Buffer {
    const bytes = Buffer.from(this.#waiting.join(''));
    this.#waiting = [];
    this.#length = 0;
    return bytes;
  }
}

const sleep = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
