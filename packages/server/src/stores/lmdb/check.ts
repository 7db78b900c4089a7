/**
 * What must hold of a database before a server trusts it. Runs in the preflight process, where a crash on a
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

/** How thorough a check is. What it does not reach is verified when it is read, as everything is. */
export interface CheckLimits {
  /** For the threads' records and the newest batch of each log. */
  readonly checkMs: number;
  /** For the look at every record, on top of that. */
  readonly scanMs: number;
  /** Called now and then with the number of records that were looked at, and of all records. */
  readonly onRecords?: (done: number, total: number) => void;
}

/**
 * A start does not wait for more than some hundred thousand threads, which take the first limit, and some hundred
 * megabytes, which take the second one.
 */
export const START_LIMITS: CheckLimits = { checkMs: 10_000, scanMs: 1_500 };

/** A database whose tables have just been made has a page or two for each. */
const MAX_NEW_BYTES = 64 * 4_096;

const isEmpty = (environment: Environment, table: Table): boolean => {
  for (const _ of environment.range(table, { limit: 1 })) return false;
  return true;
};

/**
 * What the first look at a database shows. `new`: a first start was cut short, there is nothing in it. `short`: so may
 * the file be; pages that were never written lie beyond the end of a sound one, too.
 */
export type Condition = 'new' | 'short' | 'whole';

/**
 * Looks at the format.
 *
 * @param fileBytes the size of the file
 * @throws ServerError if the database is not ours, or of another format
 */
export function conditionOf(environment: Environment & Bookkeeping, fileBytes: number): Condition {
  const isShort = fileBytes < environment.bytes();
  const format = readFormat(environment);
  if (format === undefined) {
    // A first start that was cut short leaves empty tables; the next one goes on from there. So may damage:
    // what cannot be read is not there. But then the file is larger than what it seems to hold.
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
 * Looks at every record, as far as there is time for it. The pages that are missing from a file that was cut short end
 * the process that reads them: of that one nothing is left to chance, whatever it takes.
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
