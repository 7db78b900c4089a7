/**
 * Room for a commit. The store must notice a full disk before LMDB does: `lmdb-js` writes its message about a
 * failed write past the end of a buffer (liblmdb's mdb.c, `last_error`), and may abort the process later.
 */

import { statfsSync } from 'node:fs';

/** What the trees of a commit may touch beside the written data: some hundred pages. */
const MARGIN_BYTES = 1024 * 1024;

/** What `statfs` says of a file system; sizes in blocks of `bsize` bytes. */
export interface Space {
  readonly bsize: number;
  /** All blocks; 0 where a file system does not tell. */
  readonly blocks: number;
  /** Blocks that are left. */
  readonly bavail: number;
}

interface Write {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/** Throws ENOSPC if the disk of a directory has no room for a commit. Some microseconds. */
export const requireRoomFor = (path: string, writes: readonly Write[]): void =>
  requireRoom(statfsSync(path), bytesOf(writes));

export function requireRoom({ bsize, blocks, bavail }: Space, bytes: number): void {
  const left = bavail * bsize;
  if (blocks === 0 || left >= bytes + MARGIN_BYTES) return;
  throw Object.assign(
    new Error(`ENOSPC: no space left on device, ${left} bytes for a commit of ${bytes}`),
    { code: 'ENOSPC' },
  );
}

const bytesOf = (writes: readonly Write[]): number =>
  writes.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0);
