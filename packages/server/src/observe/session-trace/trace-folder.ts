/**
 * The folder of the trace: which files are its own, in which order, and which of them go. Each process writes to files of
 * which it is the only writer: `trace-000000042-1234.jsonl` is the 42nd, of the process 1234. Numbers order them whatever
 * the clock does. What has another name is left alone.
 */

import { lstat, mkdir, readdir, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bytesLeft, defaultReserve } from '../../stores/lmdb/disk-space.js';
import { describeShared, OWNER_ONLY_FOLDER } from '../../stores/lmdb/permissions.js';
import { ServerError } from '../../util/errors.js';

const NAME = /^trace-(\d{9})-(\d+)\.jsonl$/;
/** A process that fails at each start makes a file each time. */
const MAX_FILES = 1_000;

export interface TraceFile {
  readonly path: string;
  readonly number: number;
  /** The process that writes it, or wrote it. */
  readonly pid: number;
  readonly bytes: number;
  /** When it was written last, in milliseconds since 1970. */
  readonly writtenAt: number;
}

export interface Keeping {
  readonly maxBytes: number;
  /** Older files go. In milliseconds since 1970. */
  readonly since: number;
}

export const nameOfFile = (number: number, pid: number): string =>
  `trace-${String(number).padStart(9, '0')}-${pid}.jsonl`;

/**
 * Creates the folder for this user alone.
 *
 * @throws ServerError ERR_STORE_PERMISSIONS if other users can read it
 */
export async function prepareFolder(directory: string): Promise<void> {
  await makeFolder(directory);
  const found = await stat(directory);
  if (!found.isDirectory()) {
    throw Object.assign(new Error(`${directory} is no directory.`), { code: 'ENOTDIR' });
  }
  if (process.platform === 'win32') return;
  const problem = describeShared(directory, [[directory, found.mode]]);
  if (problem !== undefined) throw new ServerError('ERR_STORE_PERMISSIONS', problem);
}

/** Where no folder can be made, as in `/proc`, the recursive form of Node's `mkdir` never ends. */
async function makeFolder(path: string): Promise<void> {
  const make = () => mkdir(path, OWNER_ONLY_FOLDER);
  try {
    await make();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await make();
  }
}

/**
 * The store needs what is left, for erasures and the ends of replies.
 *
 * @throws Error ENOSPC
 */
export async function requireRoom(directory: string): Promise<void> {
  const space = await statfs(directory);
  if (bytesLeft(space) >= defaultReserve(space)) return;
  throw Object.assign(new Error('The disk is nearly full.'), { code: 'ENOSPC' });
}

/** The files of the trace, oldest first; none if there is no folder. */
export async function listFiles(directory: string): Promise<readonly TraceFile[]> {
  const names = await readdir(directory).catch(() => []);
  const files = await Promise.all(names.map((name) => fileOf(directory, name)));
  return files
    .flatMap((file) => file ?? [])
    .sort((one, other) => one.number - other.number || one.pid - other.pid);
}

async function fileOf(directory: string, name: string): Promise<TraceFile | undefined> {
  const [, number, pid] = NAME.exec(name) ?? [];
  if (number === undefined) return undefined;
  const path = join(directory, name);
  // A file may be removed meanwhile. A link or a folder of that name is not ours.
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  const { size: bytes, mtimeMs: writtenAt } = found;
  return { path, number: Number(number), pid: Number(pid), bytes, writtenAt };
}

/** The files that go: those that are too old, and the oldest of those that are too large together. Pure. */
export function filesToRemove(
  files: readonly TraceFile[],
  { maxBytes, since }: Keeping,
): readonly TraceFile[] {
  let bytes = 0;
  let kept = 0;
  const gone: TraceFile[] = [];
  for (const file of [...files].reverse()) {
    bytes += file.bytes;
    kept += 1;
    // The newest one stays, also if it alone is too large.
    const isOver = kept > 1 && (bytes > maxBytes || kept > MAX_FILES);
    if (isOver || file.writtenAt < since) gone.push(file);
  }
  return gone.reverse();
}

/** Removes what is not to be kept. `current` is being written. */
export async function tidy(
  directory: string,
  keeping: Keeping,
  current: string | undefined,
): Promise<void> {
  const files = await listFiles(directory);
  for (const { path } of filesToRemove(files, keeping)) {
    if (path !== current) await rm(path, { force: true });
  }
}
