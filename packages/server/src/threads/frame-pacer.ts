/**
 * Holds readers back for a moment so that one frame carries more events. All pumps of a node share one pacer. It
 * keeps no frames, only the readers to wake, in slots of a few milliseconds and with one timer.
 */

import {
  type FrameWindowSetting,
  frameIntervalForLoad,
  windowForLag,
} from '../core/frame-window.js';
import { LoadWindow } from '../core/load-window.js';
import type { Cancel, Clock } from '../util/clock.js';
import type { Subscriber } from './thread-log.js';

export interface FramePacerDeps {
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly setting: FrameWindowSetting;
  /** The share of time, 0 to 1, that the event loop was busy since the last call. */
  readonly busy: () => number;
}

/** A reader asks twice for each frame. A thousand frames a second take some percent of a core. */
const QUESTIONS_PER_SECOND = 2_000;
/** Readers that are due within the same slot are woken together. */
const SLOT_MS = 4;

export class FramePacer {
  readonly #deps: FramePacerDeps;
  /** Readers by the number of their slot; slots in the order of their times. */
  readonly #slots = new Map<number, Subscriber[]>();
  readonly #load: LoadWindow;
  #armedFor = Number.POSITIVE_INFINITY;
  #disarm: Cancel = () => {};

  constructor(deps: FramePacerDeps) {
    this.#deps = deps;
    this.#load = new LoadWindow({ busy: deps.busy, fromPerSecond: QUESTIONS_PER_SECOND });
  }

  now(): number {
    return this.#deps.clock.now();
  }

  /**
   * How far apart a reader's frames are at present, in milliseconds.
   *
   * @param askedAt since when it owes an acknowledgement
   */
  windowMs(askedAt: number | undefined): number {
    const { setting } = this.#deps;
    if (setting !== 'auto') return frameIntervalForLoad(setting);
    const now = this.now();
    const forLoad = frameIntervalForLoad(this.#load.count(now));
    return askedAt === undefined ? forLoad : Math.max(forLoad, windowForLag(now - askedAt));
  }

  /** Wakes a reader at a time, or a little later. */
  wakeAt(due: number, subscriber: Subscriber): void {
    const slot = Math.ceil(due / SLOT_MS);
    const subscribers = this.#slots.get(slot);
    if (subscribers) {
      subscribers.push(subscriber);
      return;
    }
    this.#slots.set(slot, [subscriber]);
    if (slot < this.#armedFor) this.#arm(slot);
  }

  /** Stops for good, without waking the readers that are held back. */
  stop(): void {
    this.#disarm();
    this.#slots.clear();
  }

  #arm(slot: number): void {
    this.#disarm();
    this.#armedFor = slot;
    // Whole milliseconds: a fraction may be lost in the sum, and the timer would then fire too early every time.
    const ms = Math.max(1, Math.ceil(slot * SLOT_MS - this.now()));
    this.#disarm = this.#deps.clock.after(ms, () => this.#wakeDue());
  }

  #wakeDue(): void {
    this.#armedFor = Number.POSITIVE_INFINITY;
    const present = Math.floor(this.now() / SLOT_MS);
    const due: Subscriber[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const [slot, subscribers] of this.#slots) {
      if (slot > present) {
        next = Math.min(next, slot);
        continue;
      }
      this.#slots.delete(slot);
      due.push(...subscribers);
    }
    if (next < Number.POSITIVE_INFINITY) this.#arm(next);
    for (const subscriber of due) subscriber.wake();
  }
}
