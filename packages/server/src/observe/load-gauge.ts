/** Measures how loaded this process is: how late its event loop is, and how much memory it has left. */

import { getHeapStatistics } from 'node:v8';
import type { Cancel, Clock } from '../util/clock.js';

const SAMPLE_MS = 100;
/** The weight of the newest delay: one long turn is not overload, several are. */
const WEIGHT = 0.3;
const MEMORY_EVERY_MS = 1_000;

export interface LoadGaugeDeps {
  readonly clock: Pick<Clock, 'now' | 'after'>;
  /** The share of its memory that the process uses, 0 to 1. */
  readonly memory?: () => number;
  /** Gets how late each sample was. */
  readonly onSample?: (lateMs: number) => void;
}

export class LoadGauge {
  readonly #clock: LoadGaugeDeps['clock'];
  readonly #memory: () => number;
  readonly #onSample: LoadGaugeDeps['onSample'];
  /** When the next sample is due, in monotonic milliseconds. */
  #dueAt: number;
  #delayMs = 0;
  #memoryShare = 0;
  #memoryAt = Number.NEGATIVE_INFINITY;
  #cancel: Cancel;

  constructor({ clock, memory = memoryShare, onSample }: LoadGaugeDeps) {
    this.#clock = clock;
    this.#memory = memory;
    this.#onSample = onSample;
    this.#dueAt = clock.now() + SAMPLE_MS;
    this.#cancel = clock.after(SAMPLE_MS, () => this.#sample());
  }

  /** How late the loop is: on average of late, or half of how late the turn is that is under way. */
  get delayMs(): number {
    return Math.max(this.#delayMs, (this.#clock.now() - this.#dueAt) / 2);
  }

  get memoryShare(): number {
    const now = this.#clock.now();
    if (now - this.#memoryAt >= MEMORY_EVERY_MS) {
      this.#memoryAt = now;
      this.#memoryShare = this.#memory();
    }
    return this.#memoryShare;
  }

  stop(): void {
    this.#cancel();
  }

  #sample(): void {
    const now = this.#clock.now();
    const lateMs = Math.max(0, now - this.#dueAt);
    this.#onSample?.(lateMs);
    this.#delayMs += WEIGHT * (lateMs - this.#delayMs);
    this.#dueAt = now + SAMPLE_MS;
    this.#cancel = this.#clock.after(SAMPLE_MS, () => this.#sample());
  }
}

/** Of the heap, or of what the system lets the process have: whichever is nearer to its end. */
function memoryShare(): number {
  const { used_heap_size, heap_size_limit } = getHeapStatistics();
  const allowed = process.constrainedMemory?.() ?? 0;
  // Without a limit of the system it is 0, or more than any machine has.
  const ofSystem =
    allowed > 0 && allowed < Number.MAX_SAFE_INTEGER ? process.memoryUsage.rss() / allowed : 0;
  return Math.max(used_heap_size / heap_size_limit, ofSystem);
}
