/** The figures of a run. */

import { type Distribution, distribution } from '../../harness/figures.js';
import { VIOLATION_KINDS, type Violation, type ViolationKind } from '../checker/evidence.js';
import type { ClientPool } from '../clients/client-pool.js';
import type { ClientPoolCounts } from '../clients/messages.js';
import type { Host, HostCounts } from '../host.js';
import type { ChaosNetwork, NetworkCounts } from '../network/network.js';
import type { MessagePublisherCounts } from '../publishers/message-publisher.js';
import type { Workload } from '../workload.js';

export interface Report {
  readonly passed: boolean;
  readonly seed: number;
  readonly minutes: number;
  /** The folder of the server's log, the histories and this report. */
  readonly folder: string;
  /** A tmpfs that was really full, a folder with injected errors, or Redis. */
  readonly disk: string;
  readonly network: NetworkCounts;
  readonly cuts: number;
  readonly server: HostCounts;
  readonly publications: {
    readonly published: number;
    readonly acknowledged: number;
    readonly repeats: number;
  };
  readonly replies: MessagePublisherCounts & {
    /** Runs on the threads, and how they ended. */
    readonly runs: number;
    readonly ends: Readonly<Record<string, number>>;
  };
  readonly events: number;
  readonly clients: ClientPoolCounts & { readonly histories: number };
  /** Milliseconds without a live session. */
  readonly recovery: Distribution;
  /** Milliseconds from a start of the server until it listened. */
  readonly starts: Distribution;
  /** Milliseconds from the end of the faults until every client was at the end of every log. */
  readonly convergeMs: number;
  readonly violations: Readonly<Record<ViolationKind, number>>;
  readonly details: readonly Violation[];
}

export interface Findings {
  readonly seed: number;
  readonly durationMs: number;
  readonly folder: string;
  readonly workload: Workload;
  readonly pool: ClientPool;
  readonly network: ChaosNetwork;
  readonly host: Host;
  readonly convergeMs: number;
  readonly runs: number;
  readonly runEnds: Readonly<Record<string, number>>;
  readonly events: number;
  readonly violations: readonly Violation[];
}

export function summarise(findings: Findings): Report {
  const { workload, pool, network, host, violations, runs, runEnds } = findings;
  const publications = workload.publishers.flatMap((each) => each.publications);
  const messagePublishers = workload.messagePublishers.map(({ counts }) => counts);
  const sum = (name: keyof MessagePublisherCounts) =>
    messagePublishers.reduce((total, each) => total + each[name], 0);
  const histories = workload.pools.flatMap(({ pages }) => pages.flatMap(({ threads }) => threads));
  return {
    passed: violations.length === 0,
    seed: findings.seed,
    minutes: findings.durationMs / 60_000,
    folder: findings.folder,
    disk: host.disk,
    network: network.counts,
    cuts: network.counts.faults.cut + network.counts.faults.reset,
    server: host.counts,
    publications: {
      published: publications.length,
      acknowledged: publications.filter(({ offset }) => offset !== null).length,
      repeats: workload.publishers.reduce((total, { repeats }) => total + repeats, 0),
    },
    replies: {
      asked: sum('asked'),
      read: sum('read'),
      broken: sum('broken'),
      refused: sum('refused'),
      runs,
      ends: runEnds,
    },
    events: findings.events,
    clients: { ...pool.counts, histories: histories.length },
    recovery: distribution(pool.recoveries),
    starts: distribution(host.startTimes),
    convergeMs: Math.round(findings.convergeMs),
    violations: countByKind(violations),
    details: violations,
  };
}

function countByKind(violations: readonly Violation[]): Record<ViolationKind, number> {
  const counts = Object.fromEntries(VIOLATION_KINDS.map((kind) => [kind, 0])) as Record<
    ViolationKind,
    number
  >;
  for (const { kind } of violations) counts[kind] += 1;
  return counts;
}
