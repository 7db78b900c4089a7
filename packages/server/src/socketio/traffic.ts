/** How much passes over a connection in one direction: in all, and per second of late. */

const SLOT_MS = 10_000;

export interface Traffic {
  readonly packets: number;
  /** UTF-16 units of text, bytes of binary data. */
  readonly bytes: number;
}

const NOTHING: Traffic = { packets: 0, bytes: 0 };

export class TrafficMeter {
  #total = NOTHING;
  /** Totals when the current slot, and the one before it, began. */
  #slotAt: number;
  #slotStart = NOTHING;
  #formerStart = NOTHING;
  #formerAt: number;

  /** @param now monotonic milliseconds, here as in every method */
  constructor(now: number) {
    this.#slotAt = now;
    this.#formerAt = now;
  }

  get total(): Traffic {
    return this.#total;
  }

  add(bytes: number, now: number): void {
    this.#turn(now);
    const { packets, bytes: before } = this.#total;
    this.#total = { packets: packets + 1, bytes: before + bytes };
  }

  /** Per second, over the last ten to twenty seconds. */
  rates(now: number): Traffic {
    this.#turn(now);
    const seconds = Math.max(1, (now - this.#formerAt) / 1_000);
    const perSecond = (total: number, before: number) =>
      Math.round(((total - before) / seconds) * 10) / 10;
    return {
      packets: perSecond(this.#total.packets, this.#formerStart.packets),
      bytes: perSecond(this.#total.bytes, this.#formerStart.bytes),
    };
  }

  #turn(now: number): void {
    if (now - this.#slotAt < SLOT_MS) return;
    // After a pause both slots are behind us.
    const paused = now - this.#slotAt >= 2 * SLOT_MS;
    this.#formerAt = paused ? now - SLOT_MS : this.#slotAt;
    this.#formerStart = paused ? this.#total : this.#slotStart;
    this.#slotAt = now;
    this.#slotStart = this.#total;
  }
}
