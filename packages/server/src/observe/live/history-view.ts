/** Records the figures of this node each minute, and shows those of all nodes. In memory: a restart begins with none. */

import type { SessionServerInternals } from '../../session-engine.js';
import type { Cancel } from '../../util/clock.js';
import { askNodes } from '../views/ask-nodes.js';
import { countsOf, type FlowCounts, ratesBetween } from './flow.js';
import { type MinuteColumns, MinuteHistory } from './minute-history.js';
import { readMemory } from './node-totals.js';

const ABOUT = 'history';
const MINUTE_MS = 60_000;

interface NodeHistory {
  readonly node: string;
  readonly minutes: MinuteColumns;
}

interface AllHistories {
  /** By name. */
  readonly nodes: readonly NodeHistory[];
  /** Nodes that live and did not answer. */
  readonly unreachable: readonly string[];
}

export class HistoryView {
  readonly #internals: SessionServerInternals;
  readonly #history = new MinuteHistory();
  #counts: FlowCounts;
  #at: number;
  #cancel: Cancel = () => {};

  constructor(internals: SessionServerInternals) {
    this.#internals = internals;
    this.#counts = countsOf(internals.metrics);
    this.#at = internals.clock.now();
    internals.membership?.rpc.onCall(ABOUT, () => this.#here());
    internals.endings.add(() => this.#cancel());
    this.#later();
  }

  async all(): Promise<AllHistories> {
    const { answers, unreachable } = await askNodes<NodeHistory>(this.#internals, { about: ABOUT });
    const nodes = [this.#here(), ...answers.values()];
    return { nodes: nodes.sort((one, other) => (one.node < other.node ? -1 : 1)), unreachable };
  }

  #here(): NodeHistory {
    return { node: this.#internals.node, minutes: this.#history.columns() };
  }

  #later(): void {
    this.#cancel = this.#internals.clock.after(MINUTE_MS, () => {
      this.#record();
      this.#later();
    });
  }

  #record(): void {
    const { clock, metrics, connections, registry, runs, threads } = this.#internals;
    const now = clock.now();
    const counts = countsOf(metrics);
    this.#history.add({
      at: Math.round(clock.wall()),
      connections: connections.size,
      sessions: registry.size,
      runs: runs.size,
      threads: threads.size,
      ...ratesBetween(this.#counts, counts, now - this.#at),
      rss_bytes: readMemory().rss_bytes,
    });
    this.#counts = counts;
    this.#at = now;
  }
}
