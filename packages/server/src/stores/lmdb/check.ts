/**
 * What must hold of a database before a server trusts it: the format, every thread's record, and the
 * newest batch of every log. Runs in the preflight process, where a crash on a damaged file costs
 * nothing.
 */

import { ServerError } from '../../errors.js';
import { FORMAT } from './directory.js';
import { type Environment, type Operation, TABLES, type Table } from './environment.js';
import { nameKey } from './keys.js';
import { decodeJson, encodeJson } from './record.js';
import { logEnd, type ThreadRecord } from './thread-record.js';

/**
 * A start does not wait longer than this for the check: it goes through some hundred thousand threads
 * in that time. What it does not reach is verified when it is read, as everything is.
 */
const CHECK_MS = 10_000;

const FORMAT_KEY = nameKey('format');

/** The write that makes a new database ours; undefined if that has been done. */
export function missingFormat(environment: Environment): Operation | undefined {
  return environment.get('meta', FORMAT_KEY) ? undefined : writeFormat();
}

const isEmpty = (environment: Environment, table: Table): boolean => {
  for (const _ of environment.range(table, { limit: 1 })) return false;
  return true;
};

const writeFormat = (): Operation => ({
  table: 'meta',
  key: FORMAT_KEY,
  value: encodeJson(FORMAT_KEY, { format: FORMAT }),
});

/** Throws a coded error if the database is not ours, of another format, or damaged. */
export function checkDatabase(environment: Environment): void {
  const value = environment.get('meta', FORMAT_KEY);
  if (!value) {
    // A first start that was cut short leaves empty tables; the next one goes on from there.
    if (TABLES.every((table) => isEmpty(environment, table))) return;
    throw new ServerError('ERR_STORE_CORRUPT', 'The database has lost its format record.');
  }
  const { format } = decodeJson<{ format: number }>(FORMAT_KEY, value);
  if (format !== FORMAT) {
    throw new ServerError(
      'ERR_STORE_FORMAT',
      `The database is of format ${format}, not ${FORMAT}.`,
    );
  }
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
