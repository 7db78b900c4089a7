/**
 * Holds readers back for a moment so that one frame carries more events. All pumps of a node share one pacer. It
 * keeps no frames, only the readers to wake, in slots of a few milliseconds and with one timer.
 */

import {
  type FrameWindowSetting,
  frameIntervalForLoad,
  windowForLag,
  windowForLoad,
} from '../core/frame-window.js';
import type { Cancel, Clock } from '../util/clock.js';
import type { Subscriber } from './thread-log.js';

export interface FramePacerDeps {
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly setting: FrameWindowSetting;
  /** The share of time, 0 to 1, that the event loop was busy since the last call. */
  readonly busy: () => number;
}

/** How often the pacer samples the load, while anything is sent. */
const LOOK_EVERY_MS = 100;
/** Readers that are due within the same slot are woken together. */
const SLOT_MS = 4;

export class FramePacer {
  readonly #deps: FramePacerDeps;
  /** Readers by the number of their slot; slots in the order of their times. */
  readonly #slots = new Map<number, Subscriber[]>();
  #loadWindowMs: number;
  #looked: boolean;
  #armedFor = Number.POSITIVE_INFINITY;
  #disarm: Cancel = () => {};
  #stopLooking: Cancel = () => {};

  constructor(deps: FramePacerDeps) {
    this.#deps = deps;
    const forced = deps.setting !== 'auto';
    this.#loadWindowMs = forced ? Number(deps.setting) : 0;
    this.#looked = forced;
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
    if (!this.#looked) this.#look();
    const forLoad = frameIntervalForLoad(this.#loadWindowMs);
    if (askedAt === undefined || this.#deps.setting !== 'auto') return forLoad;
    return Math.max(forLoad, windowForLag(this.now() - askedAt));
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
    this.#stopLooking();
    this.#slots.clear();
  }

  #look(): void {
    const { clock, busy } = this.#deps;
    this.#looked = true;
    this.#loadWindowMs = windowForLoad(busy(), this.#loadWindowMs);
    this.#stopLooking = clock.after(LOOK_EVERY_MS, () => {
      this.#looked = false;
    });
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
