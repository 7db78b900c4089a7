/**
 * A backup of the embedded store, with or without a running server. A separate process makes LMDB's own copy of the
 * newest commit. The backup checks the copy to the last record and only then moves it to its place.
 */

import { type ChildProcess, fork } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdtempSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asError, configError, ServerError } from '../../util/errors.js';
import { removeStale, withdraw } from './announcements.js';
import { DATA_FILE, inspectExisting, LOCK_FILE, MARKER, readMarkerText } from './directory.js';
import { OWNER_ONLY } from './permissions.js';
import { endOf, findDamage } from './preflight.js';

export interface BackupOptions {
  /** The data directory of the store. */
  readonly path: string;
  /** The directory that the backup becomes. It must not exist; the directory that it is in must. */
  readonly target: string;
  readonly onProgress?: (progress: BackupProgress) => void;
  /** Stops the backup. */
  readonly signal?: AbortSignal;
}

export interface BackupProgress {
  /** `copy` counts bytes, `verify` counts records. */
  readonly step: 'copy' | 'verify';
  readonly done: number;
  readonly total: number;
}

const MIB = 1024 * 1024;
/** What a backup leaves free on the disk that the server writes to. */
const RESERVE_BYTES = 64 * MIB;
/** The same on another disk. */
const MARGIN_BYTES = MIB;
/** Time between two checks of the progress of the copy and of the free space. */
const LOOK_MS = 200;

/**
 * Copies the store in `path` into the new directory `target` (mode 0700, files 0600). Every event whose publish was
 * confirmed before the call is in it. The server goes on; `target` appears only when the copy is complete and has
 * passed every check. Otherwise nothing is left of it.
 *
 * @returns the size of the backup in bytes
 * @throws ServerError ERR_CONFIG if `target` or `path` cannot be what they are given as, ERR_STORE_ACCESS,
 *   ERR_STORE_FOREIGN, ERR_STORE_FORMAT, ERR_STORE_CORRUPT for the data directory, ERR_BACKUP if there is no room, the
 *   copy is damaged, or the signal was aborted
 */
export async function backUpLmdbStore(options: BackupOptions): Promise<{ bytes: number }> {
  const path = resolve(options.path);
  const target = resolve(options.target);
  requireData(path);
  requireNew(target, path);
  removeStale(path);
  // Read the marker first: a marker that is older than the data is harmless, a newer one is not.
  const marker = readMarkerText(path);
  const scratch = attempt(`create a directory beside ${target}`, () =>
    mkdtempSync(`${target}.incomplete-`),
  );
  try {
    await copy(path, scratch, options);
    writeFileSync(join(scratch, MARKER), marker, { mode: OWNER_ONLY });
    await verify(scratch, options);
    const { size } = statSync(join(scratch, DATA_FILE));
    attempt(`move the backup to ${target}`, () => settle(scratch, target));
    return { bytes: size };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function requireData(path: string): void {
  const missing = existsSync(path) ? undefined : 'does not exist';
  const empty =
    missing ?? (inspectExisting(path) === 'empty' ? 'holds no database yet' : undefined);
  if (empty === undefined) return;
  throw configError(
    `The data directory ${path} ${empty}. DATA_DIR or --data-dir names the one to back up.`,
  );
}

function requireNew(target: string, path: string): void {
  const parent = dirname(target);
  if (!existsSync(parent)) {
    throw configError(
      `Cannot back up to ${target}: there is no directory ${parent}. Create it first.`,
    );
  }
  const fromData = relative(realpathSync(path), join(realpathSync(parent), basename(target)));
  if (fromData === '' || !(fromData.startsWith('..') || isAbsolute(fromData))) {
    const what = fromData === '' ? 'is' : 'lies in';
    throw configError(
      `Cannot back up to ${target}: it ${what} the data directory. Choose another one.`,
    );
  }
  if (lstatSync(target, { throwIfNoEntry: false })) {
    throw configError(`Cannot back up to ${target}: it exists already. Choose a new name.`);
  }
}

/** Copies the database; ends the copying process if the signal is aborted or the disk is about to be full. */
async function copy(path: string, scratch: string, options: BackupOptions): Promise<void> {
  const { signal, onProgress } = options;
  if (signal?.aborted) throw stopped();
  const program = fileURLToPath(new URL('./backup-process.js', import.meta.url));
  const child = fork(program, [path, scratch], { stdio: ['ignore', 'pipe', 'ignore', 'ipc'] });
  let problem: ServerError | undefined;
  const give = (error: ServerError | undefined): void => {
    if (error === undefined) return;
    problem ??= error;
    child.kill('SIGKILL');
  };
  const stop = () => give(stopped());
  signal?.addEventListener('abort', stop);

  let total = 0;
  const look = () => {
    const done = statSync(join(scratch, DATA_FILE), { throwIfNoEntry: false })?.size ?? 0;
    if (total > 0) onProgress?.({ step: 'copy', done: Math.min(done, total), total });
    give(lackOfRoom(path, scratch, Math.max(0, total - done)));
  };
  child.once('message', ({ bytes }: { readonly bytes: number }) => {
    total = bytes;
    look();
    if (!problem) child.send('copy');
  });
  const timer = setInterval(look, LOOK_MS);
  try {
    const why = await failureOf(child);
    if (problem) throw problem;
    if (why !== undefined) throw new ServerError('ERR_BACKUP', `Cannot copy ${path}: ${why}`);
    onProgress?.({ step: 'copy', done: total, total });
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', stop);
    if (child.pid !== undefined) withdraw(path, child.pid);
  }
}

/** Resolves when the process has ended: with why it failed, or undefined. */
async function failureOf(child: ChildProcess): Promise<string | undefined> {
  const { status, signal, stdout } = await endOf(child).catch((error) => {
    throw new ServerError('ERR_BACKUP', `Cannot start the process that copies: ${error.message}.`, {
      cause: error,
    });
  });
  if (status === 0) return undefined;
  return stdout || `the process that copies it ended with ${signal ?? `code ${status}`}.`;
}

/** Leaves room for the server, which refuses events on a full disk. */
function lackOfRoom(path: string, folder: string, missing: number): ServerError | undefined {
  const { bsize, blocks, bavail } = statfsSync(folder);
  if (blocks === 0) return undefined;
  const shared = statSync(path).dev === statSync(folder).dev;
  const needed = missing + (shared ? RESERVE_BYTES : MARGIN_BYTES);
  const left = bavail * bsize;
  if (left >= needed) return undefined;
  const why = shared ? `, with ${megabytes(RESERVE_BYTES)} for the server on the same disk` : '';
  return new ServerError(
    'ERR_BACKUP',
    `Not enough room in ${dirname(folder)}: the backup needs ${megabytes(needed)} more${why}, and ${megabytes(left)} are left. ` +
      'Nothing was left behind. Free some space, or choose another disk.',
  );
}

async function verify(folder: string, { signal, onProgress }: BackupOptions): Promise<void> {
  const damage = await findDamage(folder, {
    thorough: true,
    ...(onProgress && { onProgress: (records) => onProgress({ step: 'verify', ...records }) }),
    ...(signal && { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw stopped();
    throw error;
  });
  if (signal?.aborted) throw stopped();
  if (damage === undefined) return;
  throw new ServerError(
    'ERR_BACKUP',
    `The copy fails its checks: ${damage} Nothing was left behind. The data directory is probably damaged as well: ` +
      'keep your older backups, and look at what the server says when it starts.',
  );
}

/** Everything is on the disk before the backup has its name. */
function settle(scratch: string, target: string): void {
  rmSync(join(scratch, LOCK_FILE), { force: true });
  for (const file of [join(scratch, DATA_FILE), join(scratch, MARKER)]) flush(file, 'r+');
  flushFolder(scratch);
  renameSync(scratch, target);
  flushFolder(dirname(target));
}

function flush(path: string, flags: string): void {
  const file = openSync(path, flags);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Windows opens no folders, and needs no flush of them. */
function flushFolder(path: string): void {
  if (process.platform !== 'win32') flush(path, 'r');
}

function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new ServerError('ERR_BACKUP', `Cannot ${what}: ${asError(cause).message}.`, { cause });
  }
}

const stopped = (): ServerError =>
  new ServerError('ERR_BACKUP', 'The backup was stopped. Nothing was left behind.');

const megabytes = (bytes: number): string => `${Math.ceil(bytes / MIB)} MiB`;
