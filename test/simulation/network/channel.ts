/**
 * One direction of a connection: packets arrive later, in order, or never. As in TCP, a connection that continues
 * loses nothing in the middle, unless a fault says so.
 */

import type { Random } from '../time/random.js';
import type { Scheduler } from '../time/scheduler.js';

/** The delay of packets, in milliseconds. The channels of a network share it, and faults change it. */
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
  /** Called for each packet when it is sent and when it has arrived. */
  readonly onPacket: (packet: string, when: 'sent' | 'arrived') => void;
}

export class Channel {
  readonly #deps: ChannelDeps;
  /** Packets under way, in order: whichever is due, the first one arrives. */
  readonly #underWay: Load[] = [];
  #lastAt = 0;
  #stalledUntil = 0;
  #open = true;
  /** The fate of the next packets of a name. */
  #tampering = { name: '', count: 0, copies: 1 };
  /** Swallows all packets from now on; neither end notices. */
  dead = false;
  /** Whether it has swallowed a reset: then its reader cannot know that the log has lost its end. */
  hasLostReset = false;

  constructor(deps: ChannelDeps) {
    this.#deps = deps;
  }

  /** The end of the current stall. */
  get stalledUntil(): number {
    return this.#stalledUntil;
  }

  /** When the last sent packet arrives. */
  get lastAt(): number {
    return this.#lastAt;
  }

  send(...packets: Load): void {
    for (const packet of packets) this.#deps.onPacket(packet, 'sent');
    if (this.dead || !this.#open) return;
    const load = packets.flatMap((packet) => {
      const copies = this.#copiesOf(packet);
      this.hasLostReset ||= copies === 0 && packet.includes('"reset":');
      return Array(copies).fill(packet);
    });
    const { scheduler, random, latency } = this.#deps;
    const due = scheduler.now + random.between(latency.minMs, latency.maxMs);
    this.#lastAt = Math.max(due, this.#lastAt, this.#stalledUntil);
    this.#underWay.push(load);
    scheduler.after(this.#lastAt - scheduler.now, () => this.#arrive());
  }

  /** Holds all packets up for `ms` milliseconds, also those under way. Then all of them get through. */
  stall(ms: number): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, this.#deps.scheduler.now + ms);
  }

  endStall(): void {
    this.#stalledUntil = 0;
  }

  /** The next `count` packets of a name arrive `copies` times: not at all, or twice. */
  tamper(name: string, count: number, copies: 0 | 2): void {
    this.#tampering = { name, count, copies };
  }

  /** Nothing arrives any more, not even packets under way. */
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
