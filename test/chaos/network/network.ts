/** All proxies, and their faults. */

import type { Random } from '../../simulation/time/random.js';
import { FaultProxy, type Target } from '../../support/fault-proxy.js';
import { type LinkConditions, STEADY } from '../../support/link.js';
import type { NetworkFault, NetworkFaultKind } from '../plan/faults.js';

export interface NetworkCounts {
  /** Faults that hit at least one connection or proxy, by kind. */
  readonly faults: Record<NetworkFaultKind, number>;
  /** Connections that were cut or reset. */
  connectionsEnded: number;
}

/** Small enough that a packet of a few hundred bytes arrives in dozens of pieces. */
const SLICE: Partial<LinkConditions> = { sliceBytes: 7, sliceEveryMs: 1 };
/** A reader on a bad mobile network: 24 KB/s. */
const SLOW: Partial<LinkConditions> = { sliceBytes: 1_200, sliceEveryMs: 50 };

export class ChaosNetwork {
  readonly #proxies: FaultProxy[] = [];
  readonly #slow = new Set<FaultProxy>();
  readonly #random: Random;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly counts: NetworkCounts = {
    faults: { cut: 0, reset: 0, stall: 0, slice: 0, delay: 0, swallow_up: 0, swallow_down: 0 },
    connectionsEnded: 0,
  };

  constructor(random: Random) {
    this.#random = random;
  }

  /** Starts a separate proxy to the server, and resolves with its URL. */
  async proxy(target: Target, { slow = false } = {}): Promise<string> {
    const proxy = await FaultProxy.to(target);
    this.#proxies.push(proxy);
    if (slow) {
      this.#slow.add(proxy);
      proxy.change(SLOW);
    }
    return proxy.url;
  }

  perform({ kind, ms, share }: NetworkFault): void {
    if (kind === 'cut' || kind === 'reset') this.#end(kind, share);
    else this.#spoil(kind, ms, share);
  }

  #spoil(kind: NetworkFaultKind, ms: number, share: number): void {
    const proxies = this.#some(this.#proxies, share);
    if (proxies.length === 0) return;
    this.counts.faults[kind] += 1;
    const delayMs = Math.round(this.#random.between(20, 400));
    for (const proxy of proxies) {
      if (kind === 'stall') proxy.change({ stalled: true });
      else if (kind === 'slice') proxy.change(SLICE);
      else if (kind === 'delay') proxy.change({ delayMs });
      else proxy.swallow(kind === 'swallow_up' ? 'up' : 'down');
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      for (const proxy of proxies) this.#restore(proxy, kind);
    }, ms);
    this.#timers.add(timer);
  }

  /** Ends all faults. Connections that have lost bytes stay deaf: client and server must notice. */
  calm(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    for (const proxy of this.#proxies) {
      proxy.change(STEADY);
      proxy.swallow();
    }
  }

  async close(): Promise<void> {
    this.calm();
    await Promise.all(this.#proxies.map((proxy) => proxy.close()));
  }

  #end(how: 'cut' | 'reset', share: number): void {
    const all = this.#proxies.flatMap(({ connections }) => connections);
    const hit = this.#some(all, share).filter(({ client }) => !client.destroyed);
    for (const connection of hit) connection.end(how);
    this.counts.connectionsEnded += hit.length;
    if (hit.length > 0) this.counts.faults[how] += 1;
  }

  #restore(proxy: FaultProxy, kind: NetworkFaultKind): void {
    if (kind === 'stall') proxy.change({ stalled: false });
    else if (kind === 'delay') proxy.change({ delayMs: 0 });
    else if (kind === 'slice') proxy.change(this.#slow.has(proxy) ? SLOW : STEADY);
    else proxy.swallow();
  }

  /** Each with the probability `share`, but at least one if there is any. */
  #some<T>(all: readonly T[], share: number): readonly T[] {
    const chosen = all.filter(() => this.#random.chance(share));
    const [first, ...rest] = all;
    if (chosen.length > 0 || first === undefined) return chosen;
    return [this.#random.pick([first, ...rest])];
  }
}
