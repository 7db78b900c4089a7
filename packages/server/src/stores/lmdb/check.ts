/**
 * What must hold of a database before a server trusts it. Runs in the preflight process, where a crash on a
 * damaged file costs nothing.
 */

import { ServerError } from '../../errors.js';
import { FORMAT, isKnownFormat } from './directory.js';
import { type Bookkeeping, type Environment, TABLES, type Table } from './environment.js';
import { readFormat } from './format.js';
import { readJournal } from './read-journal.js';
import { decodeJson } from './record.js';
import { scan } from './scan.js';
import { logEnd, type ThreadRecord } from './thread-record.js';

/**
 * A start does not wait longer than this for the check: it goes through some hundred thousand threads
 * in that time. What it does not reach is verified when it is read, as everything is.
 */
const CHECK_MS = 10_000;
/**
 * What a start may take longer for the look at every record: time for some hundred megabytes. What it does
 * not reach is verified when it is read.
 */
const SCAN_MS = 1_500;

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
export function checkLogs(environment: Environment, condition: Condition): void {
  if (condition === 'new') return;
  readJournal(environment);
  const deadline = performance.now() + CHECK_MS;
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
export function scanDatabase(environment: Environment & Bookkeeping, condition: Condition): void {
  const scanUntil = performance.now() + SCAN_MS;
  scan(environment, () => condition !== 'short' && performance.now() > scanUntil);
}
