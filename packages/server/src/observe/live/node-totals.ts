/** What a node has and does at the moment, in figures. */

import { getHeapStatistics } from 'node:v8';
import type { SessionServer } from '../../session-server.js';
import { countsOf, type FlowCounts, type FlowRates, ratesBetween } from './flow.js';
import type { NodeRows, Tally } from './node-rows.js';

export interface NodeMemory {
  readonly rss_bytes: number;
  readonly heap_used_bytes: number;
  readonly heap_limit_bytes: number;
}

export interface NodeTotals extends FlowRates {
  readonly node: string;
  /** Whether it stops: it takes no new work. */
  readonly draining: boolean;
  /** By transport. */
  readonly connections: Tally;
  /** Those on a connection, by status. */
  readonly sessions: Tally;
  readonly runs: { readonly waiting: number; readonly running: number };
  /** Threads with readers. */
  readonly threads: number;
  readonly memory: NodeMemory;
}

/** Others ask for them, too: they are read once in so long. */
const FRESH_MS = 900;

export class TotalsGauge {
  readonly #server: SessionServer;
  readonly #rows: Pick<NodeRows, 'sessions' | 'connections'>;
  #at: number;
  #counts: FlowCounts;
  #totals: NodeTotals | undefined;

  constructor(server: SessionServer, rows: Pick<NodeRows, 'sessions' | 'connections'>) {
    this.#server = server;
    this.#rows = rows;
    this.#at = server.internals.clock.now();
    this.#counts = countsOf(server.internals.metrics);
  }

  /** The rates are those since it was asked before, and no older than a few seconds if it is asked each second. */
  read(): NodeTotals {
    const { internals } = this.#server;
    const now = internals.clock.now();
    if (this.#totals && now - this.#at < FRESH_MS) return this.#totals;
    const counts = countsOf(internals.metrics);
    const rates = ratesBetween(this.#counts, counts, now - this.#at);
    this.#at = now;
    this.#counts = counts;
    const { runs, threads, node } = internals;
    this.#totals = {
      node,
      draining: this.#server.draining,
      connections: this.#rows.connections,
      sessions: this.#rows.sessions,
      runs: { waiting: runs.waiting, running: runs.size - runs.waiting },
      threads: threads.size,
      ...rates,
      memory: readMemory(),
    };
    return this.#totals;
  }
}

export function readMemory(): NodeMemory {
  const { used_heap_size, heap_size_limit } = getHeapStatistics();
  return {
    rss_bytes: process.memoryUsage.rss(),
    heap_used_bytes: used_heap_size,
    heap_limit_bytes: heap_size_limit,
  };
}
