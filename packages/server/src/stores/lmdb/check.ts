/**
 * What must hold of a database before a server trusts it: the format, every thread's record, and the
 * newest batch of every log. Runs in the preflight process, where a crash on a damaged file costs
 * nothing.
 */

import { ServerError } from '../../errors.js';
import { FORMAT, isKnownFormat } from './directory.js';
import { type Environment, TABLES, type Table } from './environment.js';
import { readFormat } from './format.js';
import { readJournal } from './read-journal.js';
import { decodeJson } from './record.js';
import { logEnd, type ThreadRecord } from './thread-record.js';

/**
 * A start does not wait longer than this for the check: it goes through some hundred thousand threads
 * in that time. What it does not reach is verified when it is read, as everything is.
 */
const CHECK_MS = 10_000;

const isEmpty = (environment: Environment, table: Table): boolean => {
  for (const _ of environment.range(table, { limit: 1 })) return false;
  return true;
};

/** Throws a coded error if the database is not ours, of another format, or damaged. */
export function checkDatabase(environment: Environment): void {
  const format = readFormat(environment);
  if (format === undefined) {
    // A first start that was cut short leaves empty tables; the next one goes on from there.
    if (TABLES.every((table) => isEmpty(environment, table))) return;
    throw new ServerError('ERR_STORE_CORRUPT', 'The database has lost its format record.');
  }
  if (!isKnownFormat(format)) {
    throw new ServerError(
      'ERR_STORE_FORMAT',
      `The database is of format ${format}, not ${FORMAT}.`,
    );
  }
  readJournal(environment);
  const deadline = performance.now() + CHECK_MS;
  for (const { key, value } of environment.range('threads', {})) {
    if (performance.now() > deadline) return;
    logEnd(environment, decodeJson<ThreadRecord>(key, value));
  }
  for (const table of ['sessions', 'runs'] as const) {
    for (const { key, value } of environment.range(table, {})) {
      if (performance.now() > deadline) return;
      decodeJson(key, value);
    }
  }
}
