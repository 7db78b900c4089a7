/**
 * The part of LMDB that the store uses: ordered tables of bytes and one atomic, flushed commit. The rest of
 * the store is written against this interface; tests wrap it to make a flush slow or fail.
 */

import { loadPeer } from '../../load-peer.js';
import { asError } from '../../util/errors.js';
import { DiskRoom } from './disk-room.js';
import type { StoreRoom } from './disk-space.js';
import { statisticsOf, useOf } from './file-use.js';
import { OWNER_ONLY } from './permissions.js';

export const TABLES = [
  'meta',
  'threads',
  'thread_list',
  'journal',
  'logs',
  'spans',
  'messages',
  'graves',
  'sessions',
  'due',
  'followings',
  'runs',
  'run_ends',
  'runs_of_threads',
] as const;
export type Table = (typeof TABLES)[number];

/** A write: `value: null` removes the key. */
export interface Operation {
  readonly table: Table;
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/** Which keys of a table are visited. */
export interface Range {
  /** The first key to visit; visited itself if it exists. */
  readonly start?: Buffer;
  /** Visiting stops before this key. */
  readonly end?: Buffer;
  /** From `start` downwards. */
  readonly reverse?: boolean;
  readonly limit?: number;
}

export interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

export interface Environment {
  /** Absent where room is not limited. */
  readonly room?: StoreRoom;
  get(table: Table, key: Buffer): Buffer | undefined;
  range(table: Table, range: Range): Iterable<Entry>;
  /**
   * Applies all operations or none. Resolves after the flush; rejects if the flush failed. Call `room.makeFor` before: LMDB
   * must not meet a full disk.
   */
  commit(operations: readonly Operation[]): Promise<void>;
  /** Ids of the other live processes that have this environment open. */
  otherProcesses(): readonly number[];
  close(): Promise<void>;
}

/** LMDB's own statistics, for the check at a start. */
export interface Bookkeeping {
  /** How many entries a table has. */
  count(table: Table): number;
  /** The bytes that the file's pages take up. Pages at the end may never have been written. */
  bytes(): number;
}

/** A copy while other processes write. */
export interface HotCopy {
  /**
   * Writes the newest commit, with everything before it, to a new `data.mdb` in a directory. Other processes wait for
   * the first two pages only. Pages that they free meanwhile are used again afterwards: their file may grow.
   */
  copyTo(directory: string): Promise<void>;
}

/**
 * Commits between two looks for readers that were killed. Pages that such a reader could still see are not used again
 * until its entry is removed; a backup may be killed at any time.
 */
const READER_CHECK_COMMITS = 64;

export interface LmdbOptions {
  readonly path: string;
  readonly readOnly?: boolean;
  /** What is kept free for writes that do not grow the store. Default: 64 MiB, or 5 % of a smaller disk. */
  readonly reserveBytes?: number | undefined;
}

/** @throws ServerError ERR_PEER_MISSING if lmdb is not installed */
export async function openEnvironment(
  options: LmdbOptions,
): Promise<Environment & Bookkeeping & HotCopy> {
  const { open } = await loadPeer('lmdb', 'The embedded store', () => import('lmdb'));
  const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
  const settings = {
    path: options.path,
    readOnly: options.readOnly ?? false,
    // lmdb-js takes a path with a dot in its last name for a file.
    noSubdir: false,
    maxDbs: TABLES.length,
    // With overlapping syncs a record can be read before its flush, and after a failed one (I1).
    overlappingSync: false,
    // Of files that it creates. lmdb-js does not list this option in its types.
    permissionsMode: OWNER_ONLY,
    ...binary,
  };
  const root = open<Buffer, Buffer>(settings);
  const tables = new Map(
    TABLES.map((name) => [name, root.openDB<Buffer, Buffer>({ name, ...binary })]),
  );
  const otherProcesses = () => {
    // A reading transaction enters this process into LMDB's table of readers. The kernel's locks
    // on lock.mdb tell which of the others are alive, however they ended.
    tables.get('meta')?.get(Buffer.from('format'));
    root.readerCheck();
    return [...root.readerList().matchAll(/^\s*(\d+)\s+[0-9a-f]+\s/gm)]
      .map((row) => Number(row[1]))
      .filter((pid) => pid !== process.pid);
  };
  const room = new DiskRoom({
    path: options.path,
    use: () => {
      const use = useOf([...tables.values()].map(statisticsOf), statisticsOf(root));
      // While a backup reads, LMDB may use none of the free pages again.
      return otherProcesses().length > 0 ? { ...use, free: 0 } : use;
    },
    reserveBytes: options.reserveBytes,
  });
  let commits = 0;

  return {
    room,
    // Opened read-only, a database whose creation was cut short may lack a table: it is empty then.
    get: (table, key) => tables.get(table)?.get(key),
    range: (table, range) => tables.get(table)?.getRange(range) ?? [],
    async commit(operations) {
      commits += 1;
      if (commits % READER_CHECK_COMMITS === 0) root.readerCheck();
      try {
        await root.batch(() => {
          for (const { table, key, value } of operations) {
            if (value) tables.get(table)?.put(key, value);
            else tables.get(table)?.remove(key);
          }
        });
      } catch (error) {
        throw await reasonOf(error);
      }
    },
    otherProcesses,
    copyTo: (directory) => root.backup(directory, false),
    close: () => root.close(),
    count: (table) => statisticsOf(tables.get(table)).entryCount ?? 0,
    bytes() {
      const { lastPageNumber = 0, pageSize = 0 } = statisticsOf(root);
      return (lastPageNumber + 1) * pageSize;
    },
  };
}

/** lmdb-js hides why a commit failed in a second, rejected promise on the first error. */
async function reasonOf(thrown: unknown): Promise<Error> {
  const error = asError(thrown);
  const { commitError } = error as { commitError?: Promise<unknown> };
  try {
    await commitError;
    return error;
  } catch (reason) {
    return asError(reason);
  }
}
