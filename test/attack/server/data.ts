/** Where the attacked server keeps its data: in a directory, by the embedded store, or in a Redis that is started for it. */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '@session-monitor/server';
import { openLmdbStore } from '@session-monitor/server/lmdb';
import { openRedisStore } from '@session-monitor/server/redis';
import { RedisServer } from '../../support/redis-server.js';
import { MB } from '../units.js';

export type Fill = (store: Store) => Promise<void>;

/** In megabytes. */
export interface DataFigures {
  /** What the data take: the file of the embedded store, or Redis's `used_memory_dataset`. */
  readonly dataMb: number;
  /** All that Redis has allocated: `used_memory`. */
  readonly redisMb?: number;
}

export interface Data {
  /** The settings that lead the server to it. */
  readonly env: Readonly<Record<string, string>>;
  /** Opens it by the product's own store: before the server starts. */
  readonly open: () => Promise<Store>;
  readonly figures: () => Promise<DataFigures>;
  /** Ends Redis. A directory stays, as part of the run's folder. */
  readonly close: () => Promise<void>;
}

export function dataIn(path: string): Data {
  return {
    env: { DATA_DIR: path },
    open: () => openLmdbStore({ path }),
    figures: async () => ({ dataMb: sizeOf(join(path, 'data.mdb')) / MB }),
    close: async () => {},
  };
}

export async function dataInRedis(): Promise<Data> {
  const redis = await RedisServer.start();
  return {
    env: { REDIS_URL: redis.url },
    open: () => openRedisStore({ url: redis.url }),
    // A Redis that does not answer reports what is no number.
    figures: async () => memoryOf(String(await redis.call('INFO', 'memory').catch(() => ''))),
    close: () => redis.dispose(),
  };
}

function memoryOf(info: string): DataFigures {
  const bytesOf = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
  return { dataMb: bytesOf('used_memory_dataset') / MB, redisMb: bytesOf('used_memory') / MB };
}

/** The size of a file in bytes; 0 if there is none. */
export function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
