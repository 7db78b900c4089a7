/** The Redis of a world: a primary that can be cut off, restarted, or replaced by a replica that is behind. */

import { RedisKeys } from '../../../packages/server/src/stores/redis/keys.js';
import type { Latency } from '../network/channel.js';
import type { Life } from '../time/life.js';
import { EPOCH_MS } from '../time/process-clock.js';
import type { Random } from '../time/random.js';
import type { Scheduler } from '../time/scheduler.js';
import {
  type RedisEnd,
  SimCommandConnection,
  type SimConnectionDeps,
  SimWakeConnection,
} from './connection.js';
import type { RedisData } from './data.js';
import { RedisServer } from './server.js';

export interface SimRedisDeps {
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** How many replicas must confirm a write. */
  readonly replicas: number;
  readonly onWritten: (keys: ReadonlySet<string>) => void;
  /** The data were replaced by earlier ones. */
  readonly onPutBack: () => void;
}

/** The connections of one node. */
export interface NodeLinks {
  readonly reads: SimCommandConnection;
  readonly writes: SimCommandConnection;
  readonly appends: SimCommandConnection;
  readonly wake: SimWakeConnection;
}

/** How long WAIT waits for a replica that is behind, as the store asks. */
const WAIT_MS = 1_000;
const NORMAL_LATENCY: Readonly<Latency> = { minMs: 0.1, maxMs: 2 };

export class SimRedis implements RedisEnd {
  readonly keys = new RedisKeys('sm:');
  readonly latency: Latency = { ...NORMAL_LATENCY };
  readonly server: RedisServer;
  readonly replicas: number;
  up = true;
  readonly #deps: SimRedisDeps;
  readonly #links = new Set<NodeLinks>();
  /** The data of a replica that gets nothing any more; undefined while it keeps up. */
  #behind: RedisData | undefined;

  constructor(deps: SimRedisDeps) {
    this.#deps = deps;
    this.replicas = deps.replicas;
    this.server = new RedisServer(() => EPOCH_MS + deps.scheduler.now, deps.onWritten);
  }

  connect(life: Life, random: Random): NodeLinks {
    const { scheduler } = this.#deps;
    const deps = (name: string): SimConnectionDeps => {
      return { scheduler, life, redis: this, random: random.fork(name) };
    };
    const links = {
      reads: new SimCommandConnection(deps('reads')),
      writes: new SimCommandConnection(deps('writes')),
      appends: new SimCommandConnection(deps('appends')),
      wake: new SimWakeConnection(deps('wake')),
    };
    this.#links.add(links);
    return links;
  }

  /** The process is gone; the connections of a machine that is gone, too, stay open at this end. */
  died(links: NodeLinks, silently: boolean): void {
    this.#links.delete(links);
    if (silently) return;
    for (const link of Object.values(links)) link.cut();
  }

  wait(): { readonly afterMs: number; readonly confirmed: number } {
    if (this.#behind) return { afterMs: WAIT_MS, confirmed: 0 };
    return { afterMs: this.#deps.random.between(0.1, 2), confirmed: this.replicas };
  }

  /** Redis is gone for a while; with `appendfsync always` it has everything that it has done. */
  restart(downMs: number): void {
    if (!this.up) return;
    this.up = false;
    this.#replace(this.server.data);
    this.#deps.scheduler.after(downMs, () => {
      this.up = true;
    });
  }

  /** The replica gets nothing any more. After `behindMs` it takes over, without what came since. */
  failOver(behindMs: number, downMs: number): void {
    if (!this.up || this.#behind) return;
    const behind = this.server.data.copy();
    this.#behind = behind;
    this.#deps.scheduler.after(behindMs, () => {
      if (this.#behind !== behind) return;
      this.#behind = undefined;
      this.up = false;
      this.#replace(behind);
      this.#deps.onPutBack();
      this.#deps.scheduler.after(downMs, () => {
        this.up = true;
      });
    });
  }

  /** Ends all faults. A replica that is behind catches up. */
  calm(): void {
    this.#behind = undefined;
    this.up = true;
    Object.assign(this.latency, NORMAL_LATENCY);
    for (const links of this.#links) {
      links.wake.losesWakes = false;
      for (const link of Object.values(links)) if (link.deaf) link.cut();
    }
  }

  #replace(data: RedisData): void {
    for (const links of this.#links) for (const link of Object.values(links)) link.cut();
    this.server.restart(data);
  }
}
