/**
 * The embedded store: logs, sessions and runs in one LMDB file, one process.
 *
 * Durability: a write is confirmed after its flush (fsync). A failed flush ends the store: see
 * `onFailure`. The data survives SIGKILL and power loss as far as the disk honours fsync.
 */

import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { consoleLogger, type Logger } from '../../observe/trace.js';
import { type Clock, type Entropy, systemClock, systemEntropy } from '../../util/clock.js';
import { configError } from '../../util/errors.js';
import { commitTiming } from '../commit-pacer.js';
import type { Store } from '../store.js';
import { isAnnounced, removeStale } from './announcements.js';
import { assembleStore } from './assemble.js';
import { inspectDirectory, inspectExisting, markDirectory, refuse } from './directory.js';
import { MIN_RESERVE_BYTES } from './disk-space.js';
import { type Environment, openEnvironment } from './environment.js';
import { checkPermissions, type PermissionPolicy } from './permissions.js';
import { preflight } from './preflight.js';
import type { SettlingPace } from './settling.js';

/** How the embedded store is opened. */
export interface LmdbStoreOptions {
  /** The data directory; created if it is missing, for this user alone. */
  readonly path: string;
  /**
   * What to do about a directory, or a file in it, that other users can read or write: refuse it, or warn of it. Default
   * `warn`. Windows has no such permissions.
   */
  readonly permissions?: PermissionPolicy;
  /** Gets that warning. Default: the console. */
  readonly logger?: Pick<Logger, 'warn'>;
  readonly clock?: Pick<Clock, 'wall'>;
  readonly entropy?: Pick<Entropy, 'token'>;
  /** When batches move from the journal to their logs; for tests. */
  readonly pace?: SettlingPace;
  /**
   * What is kept free on the disk, in bytes: below it the store refuses what would grow it for clients (`storage_full`).
   * Default: 64 MiB, or 5 % of a smaller disk. At least 4 MiB.
   */
  readonly reserveBytes?: number | undefined;
  /** Milliseconds between the beginnings of commits. If left out, commits are spaced under load only. */
  readonly commitIntervalMs?: number | undefined;
  /** Stands between the store and LMDB; for fault injection in tests. */
  readonly wrapEnvironment?: (environment: Environment) => Environment;
}

export { type BackupOptions, type BackupProgress, backUpLmdbStore } from './backup.js';
export type { Room, StoreRoom, Write } from './disk-space.js';
export type { Entry, Environment, Operation, Range, Table } from './environment.js';
export type { PermissionPolicy } from './permissions.js';
export type { SettlingPace } from './settling.js';

/** Directories that this process has open. LMDB's table of readers lists only other processes. */
const OPEN_PATHS = new Set<string>();

/** Processes that start at the same time see each other; each waits a little and looks again. */
const OWNERSHIP_ATTEMPTS = 3;
const OWNERSHIP_WAIT_MS = 100;

/** How often a commit looks for room, once it has found none. */
const ROOM_RETRY_MS = 250;

/**
 * Opens the store in a directory, or creates it there.
 *
 * @throws ServerError ERR_STORE_IN_USE, ERR_STORE_FOREIGN, ERR_STORE_FORMAT, ERR_STORE_ACCESS,
 *   ERR_STORE_PERMISSIONS, ERR_STORE_CORRUPT, ERR_CONFIG; the directory is then as it was
 */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<Store> {
  const { path, permissions = 'warn', logger = consoleLogger, reserveBytes } = options;
  const { clock = systemClock } = options;
  checkReserve(reserveBytes);
  const found = inspectDirectory(path);
  checkPermissions(path, permissions, logger);
  removeStale(path);
  if (found === 'ours') await preflight(path);
  else markDirectory(path);

  const opened = await openAlone(path, reserveBytes);
  OPEN_PATHS.add(realpathSync(path));
  const store = await assembleStore({
    environment: options.wrapEnvironment?.(opened) ?? opened,
    clock: { now: systemClock.now, wall: () => clock.wall() },
    entropy: options.entropy ?? systemEntropy,
    ...commitTiming(options.commitIntervalMs),
    untilRoom: () => new Promise((resolve) => setTimeout(resolve, ROOM_RETRY_MS)),
    ...(options.pace && { pace: options.pace }),
    // Write the marker only after the migration, so that it never claims a format that the data lack.
    onMigrated: () => markDirectory(path),
  });
  return {
    ...store,
    async close() {
      await store.close();
      OPEN_PATHS.delete(realpathSync(path));
    },
  };
}

/**
 * Looks whether the store could be opened in a directory, and changes nothing. Another process may be using it.
 *
 * @throws ServerError ERR_STORE_FOREIGN, ERR_STORE_FORMAT, ERR_STORE_ACCESS, ERR_STORE_PERMISSIONS, ERR_STORE_CORRUPT
 */
export function checkLmdbDirectory({
  path,
  permissions = 'warn',
  logger = consoleLogger,
}: Pick<LmdbStoreOptions, 'path' | 'permissions' | 'logger'>): void {
  if (existsSync(path)) {
    inspectExisting(path);
    checkPermissions(path, permissions, logger);
    return;
  }
  let parent = dirname(path);
  while (!existsSync(parent)) parent = dirname(parent);
  try {
    accessSync(parent, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw refuse('ERR_STORE_ACCESS', path, `this user may not create it in ${parent}.`, cause);
  }
}

/** @throws ServerError ERR_CONFIG */
function checkReserve(reserveBytes = MIN_RESERVE_BYTES): void {
  if (reserveBytes >= MIN_RESERVE_BYTES) return;
  throw configError(`reserveBytes is ${reserveBytes}. Allowed: at least ${MIN_RESERVE_BYTES}.`);
}

/** Opens the environment unless another server, in this process or another one, has it. Backups only read. */
async function openAlone(path: string, reserveBytes: number | undefined): Promise<Environment> {
  if (OPEN_PATHS.has(realpathSync(path))) {
    throw refuse(
      'ERR_STORE_IN_USE',
      path,
      'this process has a store open in it. Close that first.',
    );
  }
  for (let attempt = 1; ; attempt += 1) {
    const environment = await openEnvironment({ path, reserveBytes });
    const [other] = environment.otherProcesses().filter((pid) => !isAnnounced(path, pid));
    if (other === undefined) return environment;
    await environment.close();
    if (attempt === OWNERSHIP_ATTEMPTS) {
      throw refuse(
        'ERR_STORE_IN_USE',
        path,
        `process ${other} is using it. Stop that process, or choose another directory.`,
      );
    }
    const wait = OWNERSHIP_WAIT_MS * attempt * (0.5 + Math.random());
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
