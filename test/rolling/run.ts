/** One run: waits until all sessions are live, deploys the servers repeatedly, and compares the evidence. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { startCluster as Start } from '../../examples/cluster/cluster.mjs';
import { countEach, type Distribution, distribution } from '../harness/figures.js';
import { helper, type Say } from '../harness/program.js';
import { Remote } from '../support/remote.js';
import { ROOT } from '../support/root.js';
import { until } from '../support/until.js';
import type { Seen } from './follower.js';
import { MessageLoop } from './message-loop.js';
import type { FollowerHandlers } from './program.js';

/** The example itself, from its folder. */
const EXAMPLE = pathToFileURL(join(ROOT, 'examples', 'cluster', 'cluster.mjs')).href;
const PROCESSES = 2;
/** The rate that two cores can serve with everything on them: servers, nginx, Redis and the clients. */
const RECONNECTS_PER_SECOND = 50;
const MAX_AWAY_MS = 5_000;
const SETTLE_MS = 60_000;

export interface RollingOptions {
  readonly deploys: number;
  readonly sessions: number;
  readonly replies: number;
}

export interface Report {
  readonly passed: boolean;
  readonly deploys: number;
  readonly sessions: number;
  readonly events: number;
  readonly replies: Readonly<Record<string, number>>;
  /** The longest time that each session was without a live session, in milliseconds. */
  readonly away: Distribution;
  readonly returns: number;
  /** Over the fullest five seconds: evenly spread reconnects arrive in bursts on a busy processor. */
  readonly returnsPerSecond: number;
  readonly returnsInFullestSecond: number;
  readonly deployMs: Distribution;
  readonly violations: readonly string[];
}

export async function runRolling(
  { deploys, sessions, replies }: RollingOptions,
  say: Say,
): Promise<Report> {
  const { startCluster } = (await import(EXAMPLE)) as { startCluster: typeof Start };
  const cluster = await startCluster({
    say,
    env: {
      RECONNECTS_PER_SECOND: String(RECONNECTS_PER_SECOND),
      COMPACTION: 'off',
      DEMO_WORDS: '12',
      DEMO_PARTS_PER_SECOND: '2',
    },
  });
  const threads = Array.from({ length: replies }, (_, index) => `thread-${index + 1}`);
  const pools: Remote<FollowerHandlers>[] = [];
  const messageLoops = threads.map((thread_id) => new MessageLoop(cluster.url, thread_id));
  try {
    for (let process = 0; process < PROCESSES; process += 1) {
      const own = Array.from({ length: sessions }, (_, index) => index)
        .filter((index) => index % PROCESSES === process)
        .map((index) => threads[index % threads.length] ?? '');
      const pool = await Remote.start<FollowerHandlers>(helper('followers'));
      pools.push(pool);
      await pool.ask('follow', { url: cluster.url, threads: own });
    }
    await until('all are live', async () => (await look(pools)).every(isLive), {
      timeoutMs: SETTLE_MS,
    });
    const asking = messageLoops.map((messageLoop) => messageLoop.run());
    const deployTimes: number[] = [];
    for (let deploy = 1; deploy <= deploys; deploy += 1) {
      const began = performance.now();
      for (const node of cluster.nodes) {
        const code = await node.stop();
        if (code !== 0) throw new Error(`${node.name} ended with ${code} on SIGTERM`);
        await node.start();
      }
      deployTimes.push(performance.now() - began);
      say(`deploy ${deploy} of ${deploys}: ${Math.round(deployTimes.at(-1) ?? 0)} ms`);
    }
    for (const messageLoop of messageLoops) messageLoop.stop();
    await Promise.all(asking);
    const seen = await settle(pools);
    return judge(seen, { deploys, sessions }, deployTimes);
  } finally {
    for (const { child } of pools) await child.end('SIGKILL');
    await cluster.close();
  }
}

const isLive = ({ state }: Seen): boolean => state === 'live';

type Pools = readonly Remote<FollowerHandlers>[];

const look = async (pools: Pools): Promise<readonly Seen[]> =>
  (await Promise.all(pools.map((pool) => pool.ask('seen')))).flat();

/** Waits until every session is live, and at the same end of its thread. */
async function settle(pools: Pools): Promise<readonly Seen[]> {
  let seen: readonly Seen[] = [];
  await until(
    'all are at the end of their threads',
    async () => {
      seen = await look(pools);
      return seen.every(isLive) && digestsOf(seen).every(({ size }) => size === 1);
    },
    { timeoutMs: SETTLE_MS },
  ).catch(() => {});
  return seen;
}

function digestsOf(seen: readonly Seen[]): readonly ReadonlySet<string>[] {
  const digests = new Map<string, Set<string>>();
  for (const { thread_id, digest } of seen) {
    const known = digests.get(thread_id) ?? new Set();
    digests.set(thread_id, known.add(digest));
  }
  return [...digests.values()];
}

function judge(
  seen: readonly Seen[],
  { deploys, sessions }: Pick<RollingOptions, 'deploys' | 'sessions'>,
  deployTimes: readonly number[],
): Report {
  const violations = seen.flatMap((each) =>
    each.violations.map((violation) => `${each.thread_id}: ${violation}`),
  );
  if (!seen.every(isLive)) violations.push('not every session is live at the end');
  for (const { size } of digestsOf(seen)) {
    if (size !== 1) violations.push(`the sessions of a thread saw ${size} different things`);
  }
  const byThread = [...new Map(seen.map((each) => [each.thread_id, each])).values()];
  const events = byThread.reduce((sum, { offset }) => sum + offset, 0);
  const replies = countEach(byThread.flatMap(({ ends }) => Object.values(ends)));
  const others = Object.keys(replies).filter(
    (each) => each !== 'completed' && each !== 'interrupted',
  );
  if (others.length > 0) violations.push(`replies ended as ${others.join(', ')}`);
  const longest = Math.max(...seen.map(({ awayMs }) => awayMs));
  const worst = seen.find(({ awayMs }) => awayMs === longest);
  if (worst && longest > MAX_AWAY_MS) {
    const stream = worst.stream.join(' | ');
    violations.push(`a session was away for ${Math.round(longest)} ms: ${stream}`);
  }
  const returns = seen.flatMap((each) => each.returns);
  const returnsPerSecond = fullest(returns, 5_000) / 5;
  if (returnsPerSecond > RECONNECTS_PER_SECOND) {
    violations.push(`${returnsPerSecond} a second came back, over five seconds`);
  }
  if (returns.length < sessions) violations.push('not every session was handed over');
  return {
    passed: violations.length === 0,
    deploys,
    sessions,
    events,
    replies,
    returnsPerSecond,
    violations,
    returnsInFullestSecond: fullest(returns, 1_000),
    away: distribution(seen.map(({ awayMs }) => awayMs)),
    returns: returns.length,
    deployMs: distribution(deployTimes),
  };
}

/** The most of these times that lie within a window of time. */
export function fullest(times: readonly number[], spreadMs: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  let most = 0;
  let from = 0;
  for (let to = 0; to < sorted.length; to += 1) {
    while ((sorted[to] ?? 0) - (sorted[from] ?? 0) >= spreadMs) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}
