/** The store that the configuration names. */

import { resolve } from 'node:path';
import type { Logger, Store } from '@session-monitor/server';
import { commitIntervalFor, type RedisWaiver } from '@session-monitor/server/internal';
import { checkLmdbDirectory, openLmdbStore } from '@session-monitor/server/lmdb';
import { type Config, isDevelopment } from './config.js';

/** Redis if it is configured, else the embedded one. */
export async function openStore(config: Config, logger: Logger): Promise<Store> {
  const commitIntervalMs = commitIntervalFor(config.FRAME_WINDOW_MS);
  if (config.REDIS_URL === '') {
    return openLmdbStore({
      ...directoryOf(config),
      ...(config.DISK_RESERVE_BYTES !== 'auto' && { reserveBytes: config.DISK_RESERVE_BYTES }),
      logger,
      commitIntervalMs,
    });
  }
  const { openRedisStore } = await import('@session-monitor/server/redis');
  return openRedisStore({
    url: config.REDIS_URL,
    prefix: config.REDIS_PREFIX,
    replicas: config.REDIS_REPLICAS,
    waitMs: config.REDIS_WAIT_MS,
    waive: config.REDIS_WAIVE as readonly RedisWaiver[],
    logger,
    commitIntervalMs,
  });
}

/**
 * Looks whether the store could be opened. Redis is asked; of the embedded store only the directory is looked at, because a
 * server may be using it.
 *
 * @throws ServerError
 */
export async function checkStore(config: Config): Promise<void> {
  if (config.REDIS_URL === '') {
    checkLmdbDirectory({ ...directoryOf(config), logger: SILENT });
    return;
  }
  const store = await openStore(config, SILENT);
  await store.close();
}

const directoryOf = (config: Config) =>
  ({
    path: resolve(config.DATA_DIR),
    permissions: isDevelopment(config) ? 'warn' : 'refuse',
  }) as const;

const ignore = (): void => {};
/** What the check finds it reports itself. */
const SILENT: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
