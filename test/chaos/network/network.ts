/** All doors, and the faults that happen to them. */

import type { Random } from '../../simulation/time/random.js';
import type { NetworkFault, NetworkFaultKind } from '../plan/faults.js';
import { type Connection, Door, end, makeDeaf, type Target } from './door.js';
import { evenTemper, type Temper } from './temper.js';

export interface NetworkCounts {
  /** Faults that hit somebody, by kind. */
  readonly faults: Record<NetworkFaultKind, number>;
  /** Connections that were cut or reset. */
  connectionsEnded: number;
}

/** Small enough that a packet of a few hundred bytes arrives in dozens of pieces. */
const SLICE: Partial<Temper> = { sliceBytes: 7, sliceEveryMs: 1 };
/** A reader on a bad mobile network: 24 KB/s. */
const SLOW: Partial<Temper> = { sliceBytes: 1_200, sliceEveryMs: 50 };

export class Network {
  readonly #doors: Door[] = [];
  readonly #slow = new Set<Door>();
  readonly #random: Random;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly counts: NetworkCounts = {
    faults: { cut: 0, reset: 0, stall: 0, slice: 0, delay: 0, swallow_up: 0, swallow_down: 0 },
    connectionsEnded: 0,
  };

  constructor(random: Random) {
    this.#random = random;
  }

  /** A door of one's own to the server. */
  async door(target: Target, { slow = false } = {}): Promise<string> {
    const door = await Door.to(target);
    this.#doors.push(door);
    if (slow) {
      this.#slow.add(door);
      door.change(SLOW);
    }
    return door.url;
  }

  perform({ kind, ms, share }: NetworkFault): void {
    if (kind === 'cut' || kind === 'reset') this.#end(kind, share);
    else this.#spoil(kind, ms, share);
  }

  #spoil(kind: NetworkFaultKind, ms: number, share: number): void {
    const doors = this.#some(this.#doors, share);
    if (doors.length === 0) return;
    this.counts.faults[kind] += 1;
    const delayMs = Math.round(this.#random.between(20, 400));
    for (const door of doors) {
      if (kind === 'stall') door.change({ stalled: true });
      else if (kind === 'slice') door.change(SLICE);
      else if (kind === 'delay') door.change({ delayMs });
      else this.#swallow(door, kind === 'swallow_up' ? 'up' : 'down');
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      for (const door of doors) this.#restore(door, kind);
    }, ms);
    this.#timers.add(timer);
  }

  /** Ends all faults. Connections that have lost something stay deaf: their ends must notice. */
  calm(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    for (const door of this.#doors) door.change(evenTemper());
  }

  async close(): Promise<void> {
    this.calm();
    await Promise.all(this.#doors.map((door) => door.close()));
  }

  #end(how: 'cut' | 'reset', share: number): void {
    const all: Connection[] = this.#doors.flatMap(({ connections }) => connections);
    const hit = this.#some(all, share).filter(({ client }) => !client.destroyed);
    for (const connection of hit) end(connection, how);
    this.counts.connectionsEnded += hit.length;
    if (hit.length > 0) this.counts.faults[how] += 1;
  }

  #swallow(door: Door, direction: 'up' | 'down'): void {
    door.change({ deafness: direction });
    for (const connection of door.connections) makeDeaf(connection, direction);
  }

  #restore(door: Door, kind: NetworkFaultKind): void {
    const even = evenTemper();
    if (kind === 'stall') door.change({ stalled: false });
    else if (kind === 'delay') door.change({ delayMs: 0 });
    else if (kind === 'slice') door.change(this.#slow.has(door) ? SLOW : even);
    else door.change({ deafness: undefined });
  }

  /** Each with the probability `share`, but at least one if there is any. */
  #some<T>(all: readonly T[], share: number): readonly T[] {
    const chosen = all.filter(() => this.#random.chance(share));
    const [first, ...rest] = all;
    if (chosen.length > 0 || first === undefined) return chosen;
    return [this.#random.pick([first, ...rest])];
  }
}
