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

/** Packets that travel and arrive as one: a WebSocket message, or the payload of a poll. */
export type Load = readonly string[];

export interface ChannelDeps {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly latency: Latency;
  readonly deliver: (load: Load) => void;
  /** Told of each packet when it is sent and when it has arrived. */
  readonly onPacket: (packet: string, when: 'sent' | 'arrived') => void;
}

export class Channel {
  readonly #deps: ChannelDeps;
  /** On their way, in order: whichever is due, the first one arrives. */
  readonly #underWay: Load[] = [];
  #lastAt = 0;
  #stalledUntil = 0;
  #open = true;
  /** What becomes of the next packets of a name. */
  #tampering = { name: '', count: 0, copies: 1 };
  /** Swallows what is sent from now on; neither end notices. */
  dead = false;

  constructor(deps: ChannelDeps) {
    this.#deps = deps;
  }

  /** Until when nothing gets through. */
  get stalledUntil(): number {
    return this.#stalledUntil;
  }

  /** When the last packet that was sent arrives. */
  get lastAt(): number {
    return this.#lastAt;
  }

  send(...packets: Load): void {
    for (const packet of packets) this.#deps.onPacket(packet, 'sent');
    if (this.dead || !this.#open) return;
    const load = packets.flatMap((packet) => Array(this.#copiesOf(packet)).fill(packet));
    const { scheduler, random, latency } = this.#deps;
    const due = scheduler.now + random.between(latency.minMs, latency.maxMs);
    this.#lastAt = Math.max(due, this.#lastAt, this.#stalledUntil);
    this.#underWay.push(load);
    scheduler.after(this.#lastAt - scheduler.now, () => this.#arrive());
  }

  /** Nothing gets through for `ms` milliseconds; then all of it. What is on its way is held up, too. */
  stall(ms: number): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, this.#deps.scheduler.now + ms);
  }

  endStall(): void {
    this.#stalledUntil = 0;
  }

  /** The next `count` packets of a name arrive so many times: not at all, or twice. */
  tamper(name: string, count: number, copies: 0 | 2): void {
    this.#tampering = { name, count, copies };
  }

  /** Nothing arrives any more, what is on its way included. */
  close(): void {
    this.#open = false;
  }

  #copiesOf(packet: string): number {
    const { name, count, copies } = this.#tampering;
    if (count === 0 || nameOf(packet) !== name) return 1;
    this.#tampering = { name, count: count - 1, copies };
    return copies;
  }

  #arrive(): void {
    if (!this.#open || this.dead) return;
    const { scheduler, deliver, onPacket } = this.#deps;
    const wait = this.#stalledUntil - scheduler.now;
    if (wait > 0) {
      scheduler.after(wait, () => this.#arrive());
      return;
    }
    const load = this.#underWay.shift();
    if (!load) return;
    deliver(load);
    for (const packet of load) onPacket(packet, 'arrived');
  }
}

/** The name of the event that an Engine.IO packet carries; 'answer' for an acknowledgement. */
export function nameOf(packet: string): string {
  if (packet.startsWith('43')) return 'answer';
  const start = packet.indexOf('["') + 2;
  return packet.startsWith('42') ? packet.slice(start, packet.indexOf('"', start)) : '';
}
