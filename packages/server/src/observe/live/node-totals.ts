/** What a node has and does at the moment, in figures. */

import { getHeapStatistics } from 'node:v8';
import type { SessionServer } from '../../session-server.js';
import { type FindingCode, NO_FACTS } from '../findings/facts.js';
import { ongoingOf } from '../findings/findings.js';
import { nodeFactsOf } from '../findings/node-facts.js';
import { FindingTally, type OngoingFinding } from './finding-tally.js';
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
  /** What is found on this node. */
  readonly findings: readonly OngoingFinding[];
}

/** Others ask for them, too: they are read once in so long. */
const FRESH_MS = 900;
/** A late event loop shows in `loop_delay_ms`. */
const OF_NODES: readonly FindingCode[] = ['storage_full', 'store_slow', 'wrong_node'];
/** Fewer of a minute come after a restart, and from connections that were cut. */
const MANY_MISROUTED = 10;

type Counted = Pick<NodeRows, 'sessions' | 'connections' | 'findings'>;

export class TotalsGauge {
  readonly #server: SessionServer;
  readonly #rows: Counted;
  #at: number;
  #counts: FlowCounts;
  #totals: NodeTotals | undefined;

  constructor(server: SessionServer, rows: Counted) {
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
      findings: this.#findings(rates.loop_delay_ms),
    };
    return this.#totals;
  }

  #findings(loop_delay_ms: number): readonly OngoingFinding[] {
    const { clock, node, membership } = this.#server.internals;
    const facts = nodeFactsOf(this.#server, loop_delay_ms);
    const { misrouted_requests: misrouted } = facts;
    const known = { ...facts, misrouted_requests: misrouted < MANY_MISROUTED ? 0 : misrouted };
    const otherNodes = membership?.others.length ?? 0;
    const finding = ongoingOf(
      { ...NO_FACTS, now: clock.wall(), node: known, otherNodes },
      OF_NODES,
    );
    if (!finding) return this.#rows.findings;
    const tally = new FindingTally();
    tally.add(finding, { about: 'node', node, session_id: null, thread_id: null });
    return [...tally.all, ...this.#rows.findings];
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
