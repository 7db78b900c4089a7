/** One configuration: writers append all the time, Redis fails, and the confirmed appends are looked for. */

import type { Store } from '@session-monitor/server';
import { openRedisStore } from '@session-monitor/server/redis';
import { FaultProxy } from '../support/fault-proxy.js';
import { RedisServer } from '../support/redis-server.js';
import { pause, times, until } from '../support/until.js';

const THREADS = 10;
const WRITERS_PER_THREAD = 5;
/** How far a lagging replica is behind. */
const LAG_MS = 100;

export interface Case {
  readonly name: string;
  readonly appendonly: 'yes' | 'no';
  readonly appendfsync: 'always' | 'everysec' | 'no';
  /** Replicas that must confirm; undefined if there is no replica. */
  readonly replicas?: number;
  readonly fault: 'kill' | 'failover' | typeof BEHIND;
  /** Whether nothing that was confirmed may be lost. */
  readonly safe: boolean;
}

const BEHIND = 'failover to one that is behind';
const ALWAYS = { appendonly: 'yes', appendfsync: 'always' } as const;
const LAZY = { appendonly: 'yes', appendfsync: 'everysec' } as const;

export const CASES: readonly Case[] = [
  { name: 'appendfsync always', ...ALWAYS, fault: 'kill', safe: true },
  { name: 'appendfsync everysec', ...LAZY, fault: 'kill', safe: true },
  { name: 'no append-only file', ...LAZY, appendonly: 'no', fault: 'kill', safe: false },
  { name: 'replica, no WAIT', ...LAZY, replicas: 0, fault: 'failover', safe: false },
  { name: 'replica, no WAIT', ...LAZY, replicas: 0, fault: BEHIND, safe: false },
  { name: 'replica, WAIT 1', ...LAZY, replicas: 1, fault: 'failover', safe: true },
  { name: 'replica, WAIT 1', ...LAZY, replicas: 1, fault: BEHIND, safe: true },
];

export interface Loss {
  readonly confirmed: number;
  readonly lost: number;
  /** Threads that have lost something, over all rounds, and in how many of them a follower got the news. */
  readonly threadsHit: number;
  readonly threadsTold: number;
}

const NONE: Loss = { confirmed: 0, lost: 0, threadsHit: 0, threadsTold: 0 };

export async function measureLoss(kind: Case, rounds: number): Promise<Loss> {
  let sum = NONE;
  for (let round = 0; round < rounds; round += 1) {
    const loss = await oneRound(kind);
    sum = {
      confirmed: sum.confirmed + loss.confirmed,
      lost: sum.lost + loss.lost,
      threadsHit: sum.threadsHit + loss.threadsHit,
      threadsTold: sum.threadsTold + loss.threadsTold,
    };
  }
  return sum;
}

async function oneRound(kind: Case): Promise<Loss> {
  const { appendonly, appendfsync, replicas } = kind;
  const config = { appendonly };
  const primary = await RedisServer.start({ appendfsync, config });
  const wire = await FaultProxy.to(primary.port);
  const replica =
    replicas === undefined
      ? undefined
      : await RedisServer.start({ appendfsync, config, replicaOf: primary, through: wire.port });
  const proxy = await FaultProxy.to(primary.port);
  const store = await openRedisStore({
    url: proxy.url.replace('http:', 'redis:'),
    replicas: replicas ?? 0,
    waive: ['appendonly', 'appendfsync', 'eviction', 'replicas'],
  });
  try {
    return await lossOf(store, async () => {
      if (kind.fault === BEHIND) {
        wire.blackHole();
        await pause(LAG_MS);
      }
      await primary.kill();
      if (!replica) return primary.restart();
      await replica.call('REPLICAOF', 'NO', 'ONE');
      proxy.retarget(replica.port);
      proxy.cut();
    });
  } finally {
    await store.close();
    await Promise.all([proxy.close(), wire.close()]);
    await primary.dispose();
    await replica?.dispose();
  }
}

async function lossOf(store: Store, fault: () => Promise<void>): Promise<Loss> {
  const confirmed = new Map(threads.map((thread) => [thread, new Set<string>()]));
  const told = new Set<string>();
  for (const thread of threads) {
    store.logs.follow(thread, (_head, _batch, diverged) => {
      if (diverged) told.add(thread);
    });
    await store.logs.open(thread);
  }
  const epochs = new Map<string, string | undefined>();
  for (const thread of threads) epochs.set(thread, (await store.logs.head(thread))?.epoch);
  let stopped = false;
  const writing = threads.flatMap((thread) =>
    times(WRITERS_PER_THREAD, async (writer) => {
      for (let n = 1; !stopped; n += 1) {
        const name = `${writer}-${n}`;
        const answer = await store.logs
          .append(thread, [JSON.stringify([name, null])])
          .catch(() => undefined);
        // A confirmation after the fault comes from the new primary and does not count.
        if (answer?.outcome === 'appended' && !stopped) confirmed.get(thread)?.add(name);
      }
    }),
  );
  await pause(200 + Math.random() * 300);
  const frozen = [...confirmed].map(([thread, names]) => [thread, names] as const);
  const faulty = fault();
  // The fault is under way: names confirmed from here on do not count.
  await pause(LAG_MS);
  stopped = true;
  await faulty;
  await Promise.all(writing);
  let lost = 0;
  let threadsHit = 0;
  let threadsTold = 0;
  for (const [thread, names] of frozen) {
    const left = new Set(await namesOf(store, thread));
    const missing = [...names].filter((name) => !left.has(name)).length;
    lost += missing;
    if (missing === 0) continue;
    threadsHit += 1;
    await until(
      'a follower learns of the loss',
      async () => {
        const replaced = (await store.logs.head(thread))?.epoch !== epochs.get(thread);
        return told.has(thread) || replaced;
      },
      { timeoutMs: 5_000 },
    ).then(
      () => {
        threadsTold += 1;
      },
      () => {},
    );
  }
  const count = frozen.reduce((sum, [, names]) => sum + names.size, 0);
  return { confirmed: count, lost, threadsHit, threadsTold };
}

const threads = times(THREADS, (index) => `thread-${index + 1}`);

async function namesOf(store: Store, thread: string): Promise<readonly string[]> {
  const names: string[] = [];
  for (let after = 0; ; ) {
    const { batches } = await store.logs.read(thread, after, { maxBytes: 1e6 });
    const last = batches.at(-1);
    if (!last) return names;
    for (const batch of batches) {
      for (const [name] of JSON.parse(`[${batch.text()}]`) as [string][]) names.push(name);
    }
    after = last.last;
  }
}
