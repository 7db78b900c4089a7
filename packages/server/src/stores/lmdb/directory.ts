/**
 * The data directory before LMDB touches it. A marker file says that it is ours and in which format; a
 * directory that is not ours, not readable or of another format is refused and left as it was.
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
import { asError, ServerError, type ServerErrorCode } from '../../errors.js';

const MARKER = 'session-monitor.json';
/** Where LMDB keeps everything. */
export const DATA_FILE = 'data.mdb';
/** What this version writes. */
export const FORMAT = 4;
/** The oldest that it takes over, and turns into its own at the first start. */
const OLDEST_FORMAT = 1;

/** Whether this version can work with a format. */
export const isKnownFormat = (format: unknown): format is number =>
  Number.isInteger(format) && Number(format) >= OLDEST_FORMAT && Number(format) <= FORMAT;

/** Files that LMDB keeps beside the marker. */
const OUR_FILES: ReadonlySet<string> = new Set([MARKER, DATA_FILE, 'lock.mdb']);

/** Whether the directory holds data already. Creates it if it is missing. */
export function inspectDirectory(path: string): 'empty' | 'ours' {
  const names = access(path, () => {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return readdirSync(path);
  });
  if (names.length === 0) return 'empty';
  // The format first: a newer version may keep files there that this one does not know.
  if (names.includes(MARKER)) checkFormat(path, readMarker(path));
  const strange = names.find((name) => !OUR_FILES.has(name));
  if (!names.includes(MARKER) || strange !== undefined) {
    throw refuse(
      'ERR_STORE_FOREIGN',
      path,
      `it holds ${strange ? `'${strange}'` : 'a database'}${names.includes(MARKER) ? '' : ` and no '${MARKER}'`}, so it is not a data directory of Session Monitor. ` +
        'Choose an empty or a new directory.',
    );
  }
  for (const name of names) {
    access(path, () => accessSync(join(path, name), constants.R_OK | constants.W_OK));
  }
  return names.includes(DATA_FILE) ? 'ours' : 'empty';
}

/** Makes the directory ours. */
export function markDirectory(path: string): void {
  const text = `${JSON.stringify({ store: 'lmdb', format: FORMAT }, null, 2)}\n`;
  access(path, () => writeFileSync(join(path, MARKER), text));
}

function readMarker(path: string): unknown {
  const text = access(path, () => readFileSync(join(path, MARKER), 'utf8'));
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
