/** The network between the pages and one address, behind which a node serves, or none does. */

import type { EngineClient } from '../pages/engine-client.js';
import type { Dial } from '../pages/manager.js';
import type { SimNode } from '../server/sim-node.js';
import type { Life } from '../time/life.js';
import type { Random } from '../time/random.js';
import type { Scheduler } from '../time/scheduler.js';
import { type Latency, nameOf } from './channel.js';
import { Wire } from './wire.js';

/** How a page opens its connections. Faults change it. */
export interface Access {
  readonly name: string;
  /** The transport of the handshake. */
  readonly transport: 'polling' | 'websocket';
  /** How long after the handshake the upgrade to WebSocket begins; null: never. */
  readonly upgradeAfterMs: number | null;
  /** Until when the page can reach nothing. */
  offlineUntil: number;
  /** The duration and outcome of upgrades. */
  upgrade: { takesMs: number; completes: boolean };
  /** The connection is cut at the next packet of this name. */
  trap: Trap | null;
  /** How many of the next attempts use a dead connection that the browser has kept. */
  keptDead: number;
}

export interface Trap {
  readonly packet: string;
  readonly when: 'sent' | 'arrived';
  readonly tells: 'both' | 'client' | 'server';
}

export interface SimNetworkDeps {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly latency: Latency;
  readonly heartbeatMs: number | null;
  /** The node that a new connection reaches. */
  readonly node: () => SimNode | undefined;
}

/** How long a client takes to find that no server answers. */
const UNREACHABLE_MS = 150;

export class SimNetwork {
  readonly latency: Latency;
  readonly #deps: SimNetworkDeps;
  readonly #wires = new Set<Wire>();

  constructor(deps: SimNetworkDeps) {
    this.#deps = deps;
    this.latency = deps.latency;
  }

  /** Cuts all open connections, also half-open ones. */
  reap(): void {
    for (const wire of this.#wires) wire.reap();
    this.#wires.clear();
  }

  /** Returns the function with which a page connects. */
  dial(access: Access, life: Life): Dial {
    const random = this.#deps.random.fork(access.name);
    return (engine, done) => {
      if (access.keptDead > 0) access.keptDead -= 1;
      else this.#after(random, () => this.#arrive(access, life, random, engine, done));
      return access.transport;
    };
  }

  #arrive(
    access: Access,
    life: Life,
    random: Random,
    engine: EngineClient,
    done: (wire: Wire | undefined) => void,
  ): void {
    const { scheduler, node: find, heartbeatMs, latency } = this.#deps;
    const node = find();
    if (access.offlineUntil > scheduler.now || node?.state !== 'listening' || node.life.frozen) {
      scheduler.after(random.between(1, UNREACHABLE_MS), () => done(undefined));
      return;
    }
    const wire = new Wire({
      scheduler,
      random,
      latency,
      heartbeatMs,
      onPacket: (which, packet, when) => spring(access, which, packet, when),
    });
    this.#wires.add(wire);
    const serverEnd = node.accept(wire, access.transport, access.name);
    wire.join(engine, serverEnd);
    this.#after(random, () => {
      if (life.gone || !wire.clientOpen) {
        wire.closeClient();
        return done(undefined);
      }
      done(wire);
      if (access.transport === 'polling' && access.upgradeAfterMs !== null) {
        scheduler.after(access.upgradeAfterMs * random.between(0.5, 1.5), () =>
          this.#upgrade(access, life, random, engine, wire, serverEnd),
        );
      }
    });
  }

  /** The client probes, moves to WebSocket, and completes the upgrade or does not. */
  #upgrade(
    access: Access,
    life: Life,
    random: Random,
    engine: EngineClient,
    wire: Wire,
    serverEnd: ReturnType<SimNode['accept']>,
  ): void {
    if (!wire.whole || engine.readyState !== 'open' || wire.up.dead || wire.down.dead) return;
    if (serverEnd.frozen) return;
    const { takesMs, completes } = access.upgrade;
    engine.upgradeBegins();
    const end = serverEnd.upgrade();
    this.#deps.scheduler.after(takesMs, () => {
      life.run(() => engine.upgradeEnds(completes));
      this.#after(random, () => end(completes));
    });
  }

  #after(random: Random, work: () => void): void {
    const { scheduler, latency } = this.#deps;
    scheduler.after(random.between(latency.minMs, latency.maxMs), work);
  }
}

function spring(access: Access, wire: Wire, packet: string, when: Trap['when']): void {
  const { trap } = access;
  if (trap?.when !== when || nameOf(packet) !== trap.packet) return;
  access.trap = null;
  wire.cut(trap.tells);
}
