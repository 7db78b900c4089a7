/** The figures of all nodes, and their sum, as viewers get them. Pure. */

import { FindingTally, type OngoingFinding } from './finding-tally.js';
import type { Tally } from './node-rows.js';
import type { NodeTotals } from './node-totals.js';

/** What can be added up. */
interface ClusterTotals extends Omit<NodeTotals, 'node' | 'draining' | 'memory' | 'loop_delay_ms'> {
  /** Sessions without a connection that can be resumed; null until the store has said. */
  readonly disconnected: number | null;
}

interface Watched {
  readonly totals: readonly NodeTotals[];
  readonly unreachable: readonly string[];
  readonly disconnected: number | null;
}

/** @param at milliseconds since 1970 */
export function totalsMessage(watched: Watched, at: number): string {
  const { totals, unreachable, disconnected } = watched;
  const cluster: ClusterTotals = { ...sumOf(totals), disconnected };
  // Viewers get the findings of all nodes together.
  const nodes = totals.map(({ findings: _, ...node }) => node);
  return JSON.stringify({ type: 'totals', at, nodes, unreachable, cluster });
}

const sumOf = (nodes: readonly NodeTotals[]): Omit<ClusterTotals, 'disconnected'> => ({
  connections: tallies(nodes.map(({ connections }) => connections)),
  sessions: tallies(nodes.map(({ sessions }) => sessions)),
  runs: {
    waiting: sum(nodes.map(({ runs }) => runs.waiting)),
    running: sum(nodes.map(({ runs }) => runs.running)),
  },
  threads: sum(nodes.map(({ threads }) => threads)),
  published_per_s: sum(nodes.map(({ published_per_s }) => published_per_s)),
  sent_per_s: sum(nodes.map(({ sent_per_s }) => sent_per_s)),
  sent_bytes_per_s: sum(nodes.map(({ sent_bytes_per_s }) => sent_bytes_per_s)),
  findings: joined(nodes),
});

function joined(nodes: readonly NodeTotals[]): readonly OngoingFinding[] {
  const tally = new FindingTally();
  // A node of an earlier version says nothing of them.
  const all = nodes.flatMap(({ findings }: Partial<NodeTotals>) => findings ?? []);
  for (const found of all) tally.join(found);
  return tally.all;
}

const sum = (values: readonly number[]): number =>
  Math.round(values.reduce((all, value) => all + value, 0) * 10) / 10;

function tallies(all: readonly Tally[]): Tally {
  const kinds = new Set(all.flatMap((tally) => Object.keys(tally)));
  return Object.fromEntries(
    [...kinds].map((kind) => [kind, sum(all.flatMap((tally) => tally[kind] ?? []))]),
  );
}
