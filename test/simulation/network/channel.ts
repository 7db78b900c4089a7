/**
 * One direction of a connection: what is sent arrives later, in order, or never. As in TCP nothing is
 * lost in the middle of a connection that goes on, unless a fault says so.
 */

import type { Random } from '../time/random.js';
import type { Scheduler } from '../time/scheduler.js';

/** How long packets take, in milliseconds. Shared by the channels of a network: faults change it. */
export interface Latency {
  minMs: number;
  maxMs: number;
}

export class Channel {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #latency: Latency;
  readonly #deliver: (packet: string) => void;
  /** On their way, in order: whichever is due, the first one arrives. */
  readonly #underWay: string[] = [];
  #lastAt = 0;
  #stalledUntil = 0;
  #open = true;
  #swallowing = { prefix: '', count: 0 };
  /** Swallows what is sent from now on; neither end notices. */
  dead = false;

  constructor(
    scheduler: Scheduler,
    random: Random,
    latency: Latency,
    deliver: (packet: string) => void,
  ) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#latency = latency;
    this.#deliver = deliver;
  }

  /** Until when nothing gets through. */
  get stalledUntil(): number {
    return this.#stalledUntil;
  }

  /** When the last packet that was sent arrives. */
  get lastAt(): number {
    return this.#lastAt;
  }

  send(packet: string): void {
    if (this.dead || !this.#open || this.#swallows(packet)) return;
    const { minMs, maxMs } = this.#latency;
    const due = this.#scheduler.now + this.#random.between(minMs, maxMs);
    this.#lastAt = Math.max(due, this.#lastAt, this.#stalledUntil);
    this.#underWay.push(packet);
    this.#scheduler.after(this.#lastAt - this.#scheduler.now, () => this.#arrive());
  }

  /** Nothing gets through for `ms` milliseconds; then all of it. What is on its way is held up, too. */
  stall(ms: number): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, this.#scheduler.now + ms);
  }

  endStall(): void {
    this.#stalledUntil = 0;
  }

  /** Nothing arrives any more, what is on its way included. */
  close(): void {
    this.#open = false;
  }

  /** Drops the next `count` packets that begin like this. */
  swallow(prefix: string, count: number): void {
    this.#swallowing = { prefix, count };
  }

  #swallows(packet: string): boolean {
    const { prefix, count } = this.#swallowing;
    if (count === 0 || !packet.startsWith(prefix)) return false;
    this.#swallowing = { prefix, count: count - 1 };
    return true;
  }

  #arrive(): void {
    if (!this.#open || this.dead) return;
    const wait = this.#stalledUntil - this.#scheduler.now;
    if (wait > 0) {
      this.#scheduler.after(wait, () => this.#arrive());
      return;
    }
    const packet = this.#underWay.shift();
    if (packet !== undefined) this.#deliver(packet);
  }
}
