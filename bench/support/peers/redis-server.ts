/** The benchmark's Redis. It persists its data; every peer gets the same. */

import { spawnSync } from 'node:child_process';
import { RedisServer } from '../../../test/support/redis-server.js';

/** Whether Redis is installed; Debian has it in the package `redis-server`. */
export const hasRedis = (): boolean => spawnSync('redis-server', ['--version']).status === 0;

/** When Redis flushes a write: before it confirms it, or within a second. */
export type Fsync = 'always' | 'everysec';

export const startRedis = (appendfsync: Fsync = 'everysec'): Promise<RedisServer> =>
  RedisServer.start({ appendfsync });

/** What it has done so far. */
export async function figuresOf(redis: RedisServer) {
  const info = String(await redis.call('INFO', 'stats'));
  const figure = (name: string) => Number(new RegExp(`${name}:(\\d+)`).exec(info)?.[1]);
  return {
    commands: figure('total_commands_processed'),
    bytesOut: figure('total_net_output_bytes'),
  };
}
