/**
 * Lines in memory, for a server without a directory for them. It keeps the newest ones up to a size, as bytes outside the
 * heap, and nothing for a single session or connection: what has left the node leaves no state (I9, I12).
 */

import { type Clock, nextTurn } from '../../util/clock.js';
import { timeIn, visitLines } from './raw-line.js';
import type { TraceStore, Visit } from './trace-store.js';

/** What is dropped at a time, and looked through in one turn of the event loop. */
const SEGMENT_BYTES = 64 * 1024;
const SPACE = 0x20;

interface Segment {
  readonly bytes: Buffer;
  used: number;
}

export interface RingOptions {
  readonly maxBytes: number;
  /** Lines may be as old, in milliseconds. */
  readonly maxAgeMs: number;
  readonly clock: Pick<Clock, 'wall' | 'after'>;
}

export class Ring implements TraceStore {
  readonly kept = 'memory';
  readonly maxBytes: number;
  readonly stopped = undefined;
  readonly dropped = 0;
  readonly #options: RingOptions;
  /** Oldest first. */
  readonly #segments: Segment[] = [];

  constructor(options: RingOptions) {
    this.maxBytes = options.maxBytes;
    this.#options = options;
  }

  append(line: string): void {
    const length = Buffer.byteLength(line);
    let last = this.#segments.at(-1);
    if (!last || last.used + length > last.bytes.length) {
      last = { bytes: Buffer.allocUnsafeSlow(Math.max(SEGMENT_BYTES, length)), used: 0 };
      this.#segments.push(last);
      this.#makeRoom();
    }
    last.used += last.bytes.write(line, last.used);
  }

  async scan(visit: Visit): Promise<void> {
    const { clock } = this.#options;
    this.#dropOld();
    for (const { bytes, used } of [...this.#segments].reverse()) {
      if (!visitLines(bytes.toString('latin1', 0, used), visit)) return;
      await nextTurn(clock);
    }
  }

  async erase(isErased: Visit): Promise<void> {
    for (const { bytes, used } of [...this.#segments]) {
      visitLines(bytes.toString('latin1', 0, used), (raw, at) => {
        if (isErased(raw)) bytes.fill(SPACE, at, at + raw.length);
        return true;
      });
      await nextTurn(this.#options.clock);
    }
  }

  async oldest(): Promise<number | undefined> {
    this.#dropOld();
    let oldest: number | undefined;
    const [first] = this.#segments;
    if (first) {
      visitLines(first.bytes.toString('latin1', 0, first.used), (raw) => {
        const time = timeIn(raw);
        if (Number.isFinite(time)) oldest = time;
        return true;
      });
    }
    return oldest;
  }

  async close(): Promise<void> {
    this.#segments.length = 0;
  }

  #makeRoom(): void {
    let bytes = this.#segments.reduce((sum, segment) => sum + segment.bytes.length, 0);
    while (this.#segments.length > 1 && bytes > this.maxBytes) {
      bytes -= this.#segments.shift()?.bytes.length ?? 0;
    }
  }

  /** A segment is dropped when its newest line is too old. */
  #dropOld(): void {
    const { clock, maxAgeMs } = this.#options;
    const since = clock.wall() - maxAgeMs;
    const isOld = ({ bytes, used }: Segment) => {
      let newest = Number.NaN;
      visitLines(bytes.toString('latin1', 0, used), (raw) => {
        newest = timeIn(raw);
        return Number.isNaN(newest);
      });
      return newest < since;
    };
    while (this.#segments.length > 0 && this.#segments[0] && isOld(this.#segments[0])) {
      this.#segments.shift();
    }
  }
}
