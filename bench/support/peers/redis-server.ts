/** The benchmark's Redis, on a socket in a temporary folder that is removed with it. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** Whether Redis is installed; Debian has it in the package `redis-server`. */
export const hasRedis = (): boolean => spawnSync('redis-server', ['--version']).status === 0;

export interface RedisServer {
  readonly socket: string;
  /** What it has done so far. */
  figures(): Promise<{ readonly commands: number; readonly bytesOut: number }>;
  stop(): Promise<void>;
}

/** When Redis flushes a write: before it confirms it, or within a second. */
export type Fsync = 'always' | 'everysec';

/** Starts a Redis that persists its data; every peer gets the same. */
export async function startRedis(appendfsync: Fsync = 'everysec'): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-redis-'));
  const socket = join(folder, 'redis.sock');
  const child = spawn(
    'redis-server',
    [
      ...['--port', '0', '--unixsocket', socket, '--dir', folder, '--save', ''],
      ...['--appendonly', 'yes', '--appendfsync', appendfsync],
    ],
    { stdio: 'ignore' },
  );
  const onExit = () => child.kill('SIGKILL');
  process.once('exit', onExit);
  await untilItAnswers(socket);
  return {
    socket,
    async figures() {
      const client = new Redis({ path: socket });
      const info = await client.info('stats');
      client.disconnect();
      const figure = (name: string) => Number(new RegExp(`${name}:(\\d+)`).exec(info)?.[1]);
      return {
        commands: figure('total_commands_processed'),
        bytesOut: figure('total_net_output_bytes'),
      };
    },
    async stop() {
      process.off('exit', onExit);
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function untilItAnswers(socket: string): Promise<void> {
  const client = new Redis({ path: socket, retryStrategy: () => 50 });
  client.on('error', () => {});
  await client.ping();
  client.disconnect();
}
