/** Measures the traffic of a connection in one direction: totals, and recent rates per second. */

const SLOT_MS = 10_000;

export interface Traffic {
  readonly packets: number;
  /** UTF-16 units of text, bytes of binary data. */
  readonly bytes: number;
}

/** Plain numbers throughout: every packet calls it, and each connection has two. */
export class TrafficMeter {
  #packets = 0;
  #bytes = 0;
  /** Totals when the current slot, and the one before it, began. */
  #slotAt: number;
  #slotPackets = 0;
  #slotBytes = 0;
  #formerAt: number;
  #formerPackets = 0;
  #formerBytes = 0;

  /** @param now monotonic milliseconds, here as in every method */
  constructor(now: number) {
    this.#slotAt = now;
    this.#formerAt = now;
  }

  get total(): Traffic {
    return { packets: this.#packets, bytes: this.#bytes };
  }

  add(bytes: number, now: number): void {
    if (now - this.#slotAt >= SLOT_MS) this.#turn(now);
    this.#packets += 1;
    this.#bytes += bytes;
  }

  /** Per second, over the last ten to twenty seconds. */
  rates(now: number): Traffic {
    if (now - this.#slotAt >= SLOT_MS) this.#turn(now);
    const seconds = Math.max(1, (now - this.#formerAt) / 1_000);
    const perSecond = (count: number) => Math.round((count / seconds) * 10) / 10;
    return {
      packets: perSecond(this.#packets - this.#formerPackets),
      bytes: perSecond(this.#bytes - this.#formerBytes),
    };
  }

  #turn(now: number): void {
    // After a pause both slots are over.
    const paused = now - this.#slotAt >= 2 * SLOT_MS;
    this.#formerAt = paused ? now - SLOT_MS : this.#slotAt;
    this.#formerPackets = paused ? this.#packets : this.#slotPackets;
    this.#formerBytes = paused ? this.#bytes : this.#slotBytes;
    this.#slotAt = now;
    this.#slotPackets = this.#packets;
    this.#slotBytes = this.#bytes;
  }
}
