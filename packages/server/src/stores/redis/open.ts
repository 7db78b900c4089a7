/** Assembles the store. This module loads ioredis. */

import { watchLoop } from '../../observe/loop.js';
import { silentLogger } from '../../observe/trace.js';
import { systemClock, systemEntropy } from '../../util/clock.js';
import { asError, ServerError } from '../../util/errors.js';
import { CommitPacer } from '../commit-pacer.js';
import type { Store } from '../store.js';
import { readAddress } from './address.js';
import { append, commit } from './append-scripts.js';
import { RedisAppends } from './appends.js';
import { checkFormat, inspectRedis, refuseUnsafe } from './check.js';
import { connect } from './connect.js';
import { FollowedLogs } from './followed.js';
import { RedisKeys } from './keys.js';
import { erase, forgetIdle } from './log-scripts.js';
import { DEFAULT_REDIS_WAIT_MS, type RedisStoreOptions } from './options.js';
import { RedisClient } from './redis-client.js';
import { RedisLogs } from './redis-logs.js';
import { RedisNodes } from './redis-nodes.js';
import { RedisRuns } from './redis-runs.js';
import { RedisSessions } from './redis-sessions.js';
import { RedisThreads } from './redis-threads.js';
import { RedisSubscriber } from './subscriber.js';
import { ThreadPlaces } from './thread-places.js';

const ORIGIN_BYTES = 6;

export async function openStore(options: RedisStoreOptions): Promise<Store> {
  const { clock = systemClock, entropy = systemEntropy, logger = silentLogger } = options;
  const { replicas = 0, waitMs = DEFAULT_REDIS_WAIT_MS } = options;
  const address = readAddress(options.url);
  const sharded = address.kind === 'cluster';
  if (sharded && replicas > 0) {
    throw new ServerError(
      'ERR_CONFIG',
      `REDIS_REPLICAS is ${replicas}. Allowed with a cluster: 0; WAIT covers one connection.`,
    );
  }
  const keys = new RedisKeys(options.prefix ?? 'sm:');
  const origin = entropy.token(ORIGIN_BYTES);
  const linkOptions = { waitMs, now: systemClock.now };

  const reads = new RedisClient(connect(address, `session-monitor-reads-${origin}`), linkOptions);
  const writing = { ...linkOptions, replicas };
  const writes = new RedisClient(connect(address, `session-monitor-writes-${origin}`), writing);
  const appending = new RedisClient(connect(address, `session-monitor-appends-${origin}`), writing);
  const wake = connect(address, `session-monitor-wake-${origin}`);
  const subscriber = new RedisSubscriber(wake, sharded, (error) => {
    logger.error({ err: asError(error) }, 'A message from another node could not be handled');
  });
  const close = async () => {
    await Promise.all([reads, writes, appending, subscriber].map((each) => each.close()));
  };

  const scripts = {
    append: append(sharded),
    commit: commit(sharded),
    erase: erase(sharded),
    forgetIdle: forgetIdle(sharded),
  };
  const shared = { keys, reads, writes, scripts, origin, clock, entropy, logger };
  const places = new ThreadPlaces(shared);
  const runs = new RedisRuns({ ...shared, now: systemClock.now });
  const followed = new FollowedLogs({
    keys,
    subscriber,
    origin,
    link: reads,
    onPending: (log_id) => void logs.confirm(log_id),
  });
  const pacer = new CommitPacer({
    clock: systemClock,
    busy: watchLoop(),
    gapMs: options.commitIntervalMs,
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
  const appends = new RedisAppends({
    keys,
    followed,
    scripts,
    origin,
    clock,
    entropy,
    link: appending,
    replicated: replicas > 0,
    pause: () => pacer.pause(),
    onCreated: (log_id) => logs.enter(log_id),
    onMoved: (place) =>
      places.enter(place).catch((error: unknown) => {
        const { thread_id } = place;
        logger.warn(
          { err: asError(error), thread_id },
          'The place of a thread in the list is updated later',
        );
      }),
    onEnded: (thread_id, run_id, ended_at) => {
      runs.ended(thread_id, run_id, ended_at).catch((error: unknown) => {
        logger.warn({ err: asError(error), run_id }, 'The index of runs is updated later');
      });
    },
  });
  const logs = new RedisLogs({ ...shared, subscriber, followed, appends, places });

  try {
    const problems = await inspectRedis({ link: reads, keys, replicas, wall: () => Date.now() });
    refuseUnsafe(problems, options.waive ?? [], ({ waiver, message }) => {
      logger.warn({ waiver }, `REDIS_WAIVE=${waiver} accepts this of Redis: ${message}`);
    });
    await checkFormat(reads, keys);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    kind: 'redis',
    durable: true,
    logs,
    threads: new RedisThreads({ ...shared, places }),
    sessions: new RedisSessions(shared),
    runs,
    nodes: new RedisNodes({ ...shared, subscriber, followed, sharded }),
    isAvailable: () => reads.healthy && writes.healthy && appending.healthy,
    onFailure: () => () => {},
    async close() {
      await appends.close();
      followed.close();
      await close();
    },
  };
}
