/** All metrics as they are now: what this server counts, and what its parts know. Reading keeps nothing. */

import { getHeapStatistics } from 'node:v8';
import type { SessionServerInternals } from '../../session-engine.js';
import type { Clock } from '../../util/clock.js';
import { VERSION } from '../../version.js';
import type { Label } from './counter.js';
import { READ } from './declarations.js';
import * as label from './labels.js';
import { type MetricReading, readingOf, type Sample } from './metrics.js';

/** What an answer to a scrape waits for, at the most: the first count of a large store takes longer. */
const MAX_WAIT_MS = 250;

export interface ReadServer {
  readonly internals: SessionServerInternals;
  readonly draining: boolean;
}

export async function readMetrics(server: ReadServer): Promise<readonly MetricReading[]> {
  const values = await readValues(server);
  const read = Object.entries(READ).map(([name, declaration]) =>
    readingOf(name, declaration, values[name as keyof typeof READ]),
  );
  return [...server.internals.metrics.read(), ...read];
}

type Values = Readonly<Record<keyof typeof READ, readonly Sample[]>>;

async function readValues({ internals, draining }: ReadServer): Promise<Values> {
  const { connections, registry, streams, threads, runs, store, endpoint, hits } = internals;
  const [records, nodes] = await Promise.all([recordsIn(internals), nodesOf(internals)]);
  return {
    info: [{ labels: { version: VERSION, store: storeOf(store.kind) }, value: 1 }],
    connections: tally(label.TRANSPORT, [...connections.values()], ({ transport }) => transport),
    connections_used_ratio: one(endpoint.connectionsUsed?.()),
    sessions: tally(label.SESSION_STATE, [...registry.connected()], ({ activity }) =>
      activity.askedAt === null ? 'active' : 'idle',
    ),
    session_records: records ? byValue(label.RECORD_STATE, records) : [],
    streams: one(streams.size),
    threads_open: one(threads.size),
    runs: byValue(label.RUN_STATE, { waiting: runs.waiting, running: runs.size - runs.waiting }),
    memory_bytes: byValue(label.MEMORY, memory()),
    store_space_bytes: spaceOf(internals),
    store_full: one(Number(store.space?.isFull ?? false)),
    store_available: one(Number(store.isAvailable?.() !== false)),
    draining: one(Number(draining)),
    nodes: byValue(label.NODE_STATE, nodes),
    misrouted_requests_total: one(endpoint.misroutedRequests.count),
    limits_hit_total: label.LIMIT_NAMES.map((limit) => ({
      labels: { limit },
      value: hits.of(limit),
    })),
  };
}

const one = (value: number | undefined): readonly Sample[] =>
  value === undefined ? [] : [{ labels: {}, value }];

const byValue = <Value extends string>(
  [name, values]: readonly [string, readonly Value[]],
  of: Readonly<Record<Value, number>>,
): readonly Sample[] => values.map((value) => ({ labels: { [name]: value }, value: of[value] }));

/** How many of the things have each value of a label. */
function tally<T>([name, values]: Label, things: readonly T[], labelOf: (thing: T) => string) {
  const counts = new Map(values.map((value) => [value, 0]));
  for (const thing of things) {
    const value = labelOf(thing);
    const known = counts.has(value) ? value : 'other';
    counts.set(known, (counts.get(known) ?? 0) + 1);
  }
  return [...counts].map(([value, count]): Sample => ({ labels: { [name]: value }, value: count }));
}

const storeOf = (kind: string): string => label.STORE[1].find((known) => known === kind) ?? 'other';

function memory() {
  const { used_heap_size: heap_used, heap_size_limit: heap_limit } = getHeapStatistics();
  return { heap_used, heap_limit, resident: process.memoryUsage.rss() };
}

function spaceOf({ store }: SessionServerInternals): readonly Sample[] {
  const room = store.space?.room?.();
  return room ? byValue(label.SPACE, room) : [];
}

/** Undefined while the store does not say. */
function recordsIn({ store, clock }: SessionServerInternals) {
  return soon(
    clock,
    store.sessions.counts().catch(() => undefined),
  );
}

/** A node that does not answer within a second is unreachable. */
async function nodesOf({ membership }: SessionServerInternals) {
  if (!membership) return { alive: 1, unreachable: 0 };
  const { others, rpc } = membership;
  const answers = await Promise.all(others.map((node) => rpc.isThere(node, 1)));
  return { alive: others.length + 1, unreachable: answers.filter((isThere) => !isThere).length };
}

/** What a promise resolves with, or undefined if that takes longer than a scrape may wait. */
async function soon<T>(clock: Pick<Clock, 'after'>, promise: Promise<T>): Promise<T | undefined> {
  let cancel = () => {};
  const late = new Promise<undefined>((resolve) => {
    cancel = clock.after(MAX_WAIT_MS, () => resolve(undefined));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    cancel();
  }
}
