/**
 * The checks that a database must pass before a server trusts it. Runs in the preflight process, where a crash on a
 * damaged file costs nothing.
 */

import { ServerError } from '../../util/errors.js';
import { FORMAT, isKnownFormat } from './directory.js';
import { type Bookkeeping, type Environment, TABLES, type Table } from './environment.js';
import { readFormat } from './format.js';
import { readJournal } from './read-journal.js';
import { decodeJson } from './record.js';
import { scan } from './scan.js';
import { logEnd, type ThreadRecord } from './thread-record.js';

/** How thorough a check is. Every read verifies its record, also those that the check does not reach. */
export interface CheckLimits {
  /** For the threads' records and the newest batch of each log. */
  readonly checkMs: number;
  /** For the scan of every record, in addition. */
  readonly scanMs: number;
  /** Called now and then with the number of checked records and of all records. */
  readonly onRecords?: (done: number, total: number) => void;
}

/**
 * Bounds the time of a start, which stays below two seconds. The first limit suffices for some ten thousand threads, the
 * second one for some hundred megabytes.
 */
export const START_LIMITS: CheckLimits = { checkMs: 500, scanMs: 500 };

/** A database whose tables have just been made has a page or two for each. */
const MAX_NEW_BYTES = 64 * 4_096;

const isEmpty = (environment: Environment, table: Table): boolean => {
  for (const _ of environment.range(table, { limit: 1 })) return false;
  return true;
};

/**
 * The result of the first check. `new`: a first start was cut short and the database is empty. `short`: the file is
 * shorter than its pages. It may be truncated, but a sound file may also lack pages at its end that were never written.
 */
export type Condition = 'new' | 'short' | 'whole';

/**
 * Looks at the format.
 *
 * @param fileBytes the size of the file
 * @throws ServerError if the database is not a Session Monitor store, or has another format
 */
export function conditionOf(environment: Environment & Bookkeeping, fileBytes: number): Condition {
  const isShort = fileBytes < environment.bytes();
  const format = readFormat(environment);
  if (format === undefined) {
    // A first start that was cut short leaves empty tables, and the next start continues. Damage may also make
    // tables look empty, but then the file is larger than a new one.
    const isNew = !isShort && environment.bytes() <= MAX_NEW_BYTES;
    if (isNew && TABLES.every((table) => isEmpty(environment, table))) return 'new';
    throw new ServerError('ERR_STORE_CORRUPT', 'The database has lost its format record.');
  }
  if (!isKnownFormat(format)) {
    throw new ServerError(
      'ERR_STORE_FORMAT',
      `The database is of format ${format}, not ${FORMAT}.`,
    );
  }
  return isShort ? 'short' : 'whole';
}

/**
 * Looks at the journal, every thread's record, and the newest batch of every log.
 *
 * @throws ServerError ERR_STORE_CORRUPT
 */
export function checkLogs(
  environment: Environment,
  condition: Condition,
  { checkMs }: CheckLimits,
): void {
  if (condition === 'new') return;
  readJournal(environment);
  const deadline = performance.now() + checkMs;
  for (const { key, value } of environment.range('threads', {})) {
    if (performance.now() > deadline) break;
    logEnd(environment, decodeJson<ThreadRecord>(key, value));
  }
}

/**
 * Checks every record, within the time limit. A file that may be truncated is checked without a limit, because
 * reading a missing page ends the process.
 *
 * @throws ServerError ERR_STORE_CORRUPT
 */
export function scanDatabase(
  environment: Environment & Bookkeeping,
  condition: Condition,
  { scanMs, onRecords }: CheckLimits,
): void {
  const scanUntil = performance.now() + scanMs;
  const total = TABLES.reduce((sum, table) => sum + environment.count(table), 0);
  scan(environment, (done) => {
    onRecords?.(done, total);
    return condition !== 'short' && performance.now() > scanUntil;
  });
}
