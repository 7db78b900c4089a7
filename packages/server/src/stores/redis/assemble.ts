/** Assembles the store over open connections. This module loads no Redis client. */

import type { Logger } from '../../observe/trace.js';
import type { Clock, Entropy } from '../../util/clock.js';
import { asError } from '../../util/errors.js';
import type { RateStore, Store } from '../store.js';
import { StoreObservers } from '../store-observers.js';
import { RedisAppends } from './appends.js';
import type { RedisConnection, SubscriberConnection } from './connection.js';
import { FollowedLogs } from './followed.js';
import type { RedisKeys } from './keys.js';
import { RedisClient } from './redis-client.js';
import { RedisLogs } from './redis-logs.js';
import { RedisNodes } from './redis-nodes.js';
import { RedisRuns } from './redis-runs.js';
import { RedisSessions } from './redis-sessions.js';
import { RedisSpace } from './redis-space.js';
import { RedisThreads } from './redis-threads.js';
import type { Scripts } from './script.js';
import { RedisSubscriber } from './subscriber.js';
import { ThreadPlaces } from './thread-places.js';

/** A connection for each purpose: a slow command delays only those of the same connection. */
interface RedisConnections {
  readonly reads: RedisConnection;
  readonly writes: RedisConnection;
  readonly appends: RedisConnection;
  readonly wake: SubscriberConnection;
}

export interface RedisStoreDeps {
  readonly connections: RedisConnections;
  /** What clients spend on all nodes; not in the simulation. */
  readonly rates?: RateStore;
  /** This store's name in wake-ups, so that it ignores its own. */
  readonly origin: string;
  readonly keys: RedisKeys;
  readonly scripts: Scripts;
  /** Whether it is a cluster: each log may be on another server, and channels are sharded. */
  readonly clustered: boolean;
  readonly replicas: number;
  readonly waitMs: number;
  readonly clock: Clock;
  readonly entropy: Pick<Entropy, 'token'>;
  readonly logger: Logger;
  /** Resolves when the present turn of the event loop is over. */
  readonly turn: () => Promise<void>;
  /** Called before each commit; the commit awaits the returned promise. */
  readonly pause: () => Promise<void> | undefined;
}

export function assembleStore(deps: RedisStoreDeps): Store {
  const { connections, keys, scripts, replicas, waitMs, clock, logger, origin } = deps;
  const space = new RedisSpace(clock);
  const observers = new StoreObservers();
  const clientDeps = { scripts, clock, waitMs, space };
  const reads = new RedisClient({ ...clientDeps, connection: connections.reads });
  const writes = new RedisClient({ ...clientDeps, connection: connections.writes, replicas });
  const appending = new RedisClient({ ...clientDeps, connection: connections.appends, replicas });
  const subscriber = new RedisSubscriber(connections.wake, (error) => {
    logger.error({ err: asError(error) }, 'A message from another node could not be handled');
  });
  const shared = { ...deps, reads, writes };
  const places = new ThreadPlaces(shared);
  const followed = new FollowedLogs({
    keys,
    subscriber,
    origin,
    clock,
    link: reads,
    onPending: (log_id) => void logs.confirm(log_id),
    onGone: (log_id) => void logs.beginAgain(log_id),
  });
  const appends = new RedisAppends({
    ...shared,
    followed,
    observers,
    link: appending,
    replicated: replicas > 0,
    confirm: (log_id) => logs.confirm(log_id),
    onCreated: (log_id) => logs.enter(log_id),
    onMoved: (place) =>
      places.enter(place).catch((error: unknown) => {
        const { thread_id } = place;
        logger.warn(
          { err: asError(error), thread_id },
          'The place of a thread in the list is updated later',
        );
      }),
  });
  const logs = new RedisLogs({ ...shared, subscriber, followed, appends, places });
  return {
    kind: 'redis',
    durable: true,
    logs,
    threads: new RedisThreads({ ...shared, places }),
    sessions: new RedisSessions(shared),
    runs: new RedisRuns(shared),
    ...(deps.rates && { rates: deps.rates }),
    nodes: new RedisNodes({ ...shared, subscriber, followed }),
    space,
    isAvailable: () => reads.healthy && writes.healthy && appending.healthy,
    onFailure: () => () => {},
    observe: (observer) => observers.add(observer),
    async close() {
      await appends.close();
      followed.close();
      await Promise.all([reads, writes, appending, subscriber].map((each) => each.close()));
    },
  };
}
