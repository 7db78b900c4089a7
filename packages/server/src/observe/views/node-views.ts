/** The servers on a store as `/debug/nodes` shows them. Each describes itself. */

import { getHeapStatistics } from 'node:v8';
import type { SessionServer, SessionServerStats } from '../../session-server.js';
import { isoTime } from '../../util/iso-time.js';
import { VERSION } from '../../version.js';
import { measureLoopDelay } from '../loop-delay.js';
import { askNodes } from './ask-nodes.js';

const ABOUT = 'node';

export interface NodeView extends SessionServerStats {
  readonly node: string;
  readonly version: string;
  readonly started_at: string;
  /** Whether it stops: it takes no new work. */
  readonly draining: boolean;
  /** How late its event loop is, on average over a tenth of a second. */
  readonly loop_delay_ms: number;
  readonly memory: {
    readonly rss_bytes: number;
    readonly heap_used_bytes: number;
    readonly heap_limit_bytes: number;
  };
}

interface AllNodes {
  /** By name. */
  readonly nodes: readonly NodeView[];
  /** Nodes that live and did not answer. */
  readonly unreachable: readonly string[];
}

export class NodeViews {
  readonly #sessions: SessionServer;

  constructor(sessions: SessionServer) {
    this.#sessions = sessions;
    sessions.internals.membership?.rpc.onCall(ABOUT, () => this.#here());
  }

  async all(): Promise<AllNodes> {
    const [here, { answers, unreachable }] = await Promise.all([
      this.#here(),
      askNodes<NodeView>(this.#sessions.internals, { about: ABOUT }),
    ]);
    const nodes = [here, ...answers.values()].sort((one, other) =>
      one.node < other.node ? -1 : 1,
    );
    return { nodes, unreachable };
  }

  async #here(): Promise<NodeView> {
    const { node, internals } = this.#sessions;
    const loop_delay_ms = await measureLoopDelay(internals.clock);
    const { rss, heapUsed } = process.memoryUsage();
    return {
      node,
      version: VERSION,
      started_at: isoTime(internals.startedAt),
      draining: this.#sessions.draining,
      ...this.#sessions.stats(),
      loop_delay_ms: Math.round(loop_delay_ms * 10) / 10,
      memory: {
        rss_bytes: rss,
        heap_used_bytes: heapUsed,
        heap_limit_bytes: getHeapStatistics().heap_size_limit,
      },
    };
  }
}
