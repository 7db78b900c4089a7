/**
 * The disk for the data: a tmpfs of limited size where mounting is permitted, so that it can be really full;
 * else a folder. The mount lives in a separate namespace and goes with the process that holds it, however the
 * run ends.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface Disk {
  /** The data directory. */
  readonly path: string;
  readonly kind: 'tmpfs' | 'folder';
  /** Takes all free space. */
  fill(): void;
  /** Gives it back. */
  free(): void;
  close(): Promise<void>;
}

const CHUNK = Buffer.alloc(8 * 1024 * 1024, 1);

export async function openDisk(folder: string, sizeMb: number): Promise<Disk> {
  // Of the same path within and without the namespace: the store asks for the real path of it.
  const mountPoint = join(folder, 'disk');
  mkdirSync(join(mountPoint, 'data'), { recursive: true, mode: 0o700 });
  const holder = spawn(
    'unshare',
    [
      '-m',
      'sh',
      '-c',
      'mount -t tmpfs -o "size=$1m" tmpfs "$0" && mkdir -m 700 "$0/data" && echo ready && exec cat',
      mountPoint,
      `${sizeMb}`,
    ],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  );
  const ready = await Promise.race([
    once(holder.stdout, 'data').then(() => true),
    once(holder, 'exit').then(() => false),
    once(holder, 'error').then(() => false),
  ]);
  const root = ready ? `/proc/${holder.pid}/root${mountPoint}` : mountPoint;
  const ballast = join(root, 'ballast');
  return {
    path: join(root, 'data'),
    kind: ready ? 'tmpfs' : 'folder',
    fill: () => fill(ballast),
    free: () => rmSync(ballast, { force: true }),
    async close() {
      if (!ready) return;
      const exit = once(holder, 'exit');
      holder.stdin.end();
      await exit;
    },
  };
}

function fill(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (let size = CHUNK.length; size >= 1; ) {
      try {
        if (writeSync(file, CHUNK, 0, size) < size) size = Math.floor(size / 2);
      } catch {
        size = Math.floor(size / 2);
      }
    }
  } finally {
    closeSync(file);
  }
}
