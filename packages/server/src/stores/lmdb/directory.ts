/**
 * The data directory before LMDB touches it. A marker file names the store and its format. A
 * directory that is foreign, unreadable or of another format is refused and left unchanged.
 */

import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { asError, ServerError, type ServerErrorCode } from '../../util/errors.js';
import { isAnnouncement } from './announcements.js';
import { OWNER_ONLY, OWNER_ONLY_FOLDER } from './permissions.js';

export const MARKER = 'session-monitor.json';
/** Where LMDB keeps everything. */
export const DATA_FILE = 'data.mdb';
/** LMDB's table of readers; useless without the running processes. */
export const LOCK_FILE = 'lock.mdb';
/** A folder beside the files of LMDB, for the session trace. It is not the store's, and backups leave it out. */
export const TRACE_FOLDER = 'trace';
/** What this version writes. */
export const FORMAT = 5;
/** The oldest format that this version migrates, at the first start. */
const OLDEST_FORMAT = 1;

/** Whether this version can work with a format. */
export const isKnownFormat = (format: unknown): format is number =>
  Number.isInteger(format) && Number(format) >= OLDEST_FORMAT && Number(format) <= FORMAT;

/** Files that LMDB keeps beside the marker. */
const OUR_FILES: ReadonlySet<string> = new Set([MARKER, DATA_FILE, LOCK_FILE]);

const isOurs = (name: string): boolean => OUR_FILES.has(name) || isAnnouncement(name);

/**
 * Whether the directory holds data already. Creates it, for this user alone, if it is missing.
 *
 * @throws ServerError ERR_STORE_ACCESS, ERR_STORE_CORRUPT, ERR_STORE_FORMAT, ERR_STORE_FOREIGN
 */
export function inspectDirectory(path: string): 'empty' | 'ours' {
  access(path, () => mkdirSync(path, { recursive: true, mode: OWNER_ONLY_FOLDER }));
  return inspectExisting(path);
}

/**
 * The same for a directory that must exist.
 *
 * @throws ServerError ERR_STORE_ACCESS, ERR_STORE_CORRUPT, ERR_STORE_FORMAT, ERR_STORE_FOREIGN
 */
export function inspectExisting(path: string): 'empty' | 'ours' {
  const names = access(path, () => {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return readdirSync(path).filter((name) => name !== TRACE_FOLDER);
  });
  if (names.length === 0) return 'empty';
  // The format first: a newer version may keep files there that this one does not know.
  if (names.includes(MARKER)) checkFormat(path, readMarker(path));
  const strange = names.find((name) => !isOurs(name));
  if (!names.includes(MARKER) || strange !== undefined) {
    throw refuse(
      'ERR_STORE_FOREIGN',
      path,
      `it holds ${strange ? `'${strange}'` : 'a database'}${names.includes(MARKER) ? '' : ` and no '${MARKER}'`}, so it is not a data directory of Session Monitor. ` +
        'Choose an empty or a new directory.',
    );
  }
  for (const name of names.filter((each) => !isAnnouncement(each))) {
    access(path, () => accessSync(join(path, name), constants.R_OK | constants.W_OK));
  }
  return names.includes(DATA_FILE) ? 'ours' : 'empty';
}

/** Makes the directory ours. */
export function markDirectory(path: string): void {
  const text = `${JSON.stringify({ store: 'lmdb', format: FORMAT }, null, 2)}\n`;
  access(path, () => writeFileSync(join(path, MARKER), text, { mode: OWNER_ONLY }));
}

/** The marker as it stands there. */
export const readMarkerText = (path: string): string =>
  access(path, () => readFileSync(join(path, MARKER), 'utf8'));

function readMarker(path: string): unknown {
  const text = readMarkerText(path);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refuse('ERR_STORE_CORRUPT', path, `its '${MARKER}' is not JSON.`, cause);
  }
}

function checkFormat(path: string, marker: unknown): void {
  const { format } = (marker ?? {}) as { format?: unknown };
  if (isKnownFormat(format)) return;
  throw refuse(
    'ERR_STORE_FORMAT',
    path,
    `it is of format ${JSON.stringify(format)}, this version reads formats ${OLDEST_FORMAT} to ${FORMAT}. ` +
      'Start the version that wrote it, or choose another directory.',
  );
}

function access<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const error = asError(thrown);
    throw refuse(
      'ERR_STORE_ACCESS',
      path,
      `it cannot be read and written: ${error.message}.`,
      error,
    );
  }
}

export const refuse = (
  code: ServerErrorCode,
  path: string,
  why: string,
  cause?: unknown,
): ServerError => new ServerError(code, `Cannot use the data directory ${path}: ${why}`, { cause });
