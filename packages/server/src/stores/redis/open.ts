/** Opens the connections of the store. This module loads ioredis. */

import { silentLogger } from '../../observe/trace.js';
import { systemClock, systemEntropy } from '../../util/clock.js';
import { configError } from '../../util/errors.js';
import { commitTiming } from '../commit-pacer.js';
import type { Store } from '../store.js';
import { readAddress } from './address.js';
import { assembleStore } from './assemble.js';
import { checkFormat, inspectRedis, refuseUnsafe } from './check.js';
import { connect, connectToWake } from './connect.js';
import { RedisKeys } from './keys.js';
import { DEFAULT_REDIS_WAIT_MS, type RedisStoreOptions } from './options.js';
import { RedisClient } from './redis-client.js';
import { RedisRates } from './redis-rates.js';
import { scriptsFor } from './script.js';

const ORIGIN_BYTES = 6;

export async function openStore(options: RedisStoreOptions): Promise<Store> {
  const { entropy = systemEntropy, logger = silentLogger, prefix = 'sm:', waive = [] } = options;
  const { replicas = 0, waitMs = DEFAULT_REDIS_WAIT_MS } = options;
  const address = readAddress(options.url);
  const clustered = address.kind === 'cluster';
  if (clustered && replicas > 0) {
    throw configError(
      `REDIS_REPLICAS is ${replicas}. Allowed with a cluster: 0; WAIT covers one connection.`,
    );
  }
  const { clock: wallClock = systemClock } = options;
  const clock = { ...systemClock, wall: () => wallClock.wall() };
  const origin = entropy.token(ORIGIN_BYTES);
  const named = (purpose: string) => ({
    address,
    clock,
    entropy: systemEntropy,
    name: `session-monitor-${purpose}-${origin}`,
  });
  const connections = {
    reads: connect(named('reads')),
    writes: connect(named('writes')),
    appends: connect(named('appends')),
    wake: connectToWake(named('wake')),
  };
  const keys = new RedisKeys(prefix);
  const scripts = scriptsFor(clustered);
  try {
    const link = new RedisClient({ connection: connections.reads, scripts, clock, waitMs });
    const problems = await inspectRedis({ link, keys, replicas, clock: systemClock });
    refuseUnsafe(problems, waive, ({ waiver, message }) => {
      logger.warn({ waiver }, `REDIS_WAIVE=${waiver} accepts this of Redis: ${message}`);
    });
    await checkFormat(link, keys);
  } catch (error) {
    await Promise.all(Object.values(connections).map((each) => each.close()));
    throw error;
  }
  const rates = new RedisRates(connections.writes.client, keys.rates);
  return assembleStore({
    connections,
    rates,
    keys,
    scripts,
    clustered,
    origin,
    replicas,
    waitMs,
    clock,
    entropy,
    logger,
    ...commitTiming(options.commitIntervalMs),
  });
}
