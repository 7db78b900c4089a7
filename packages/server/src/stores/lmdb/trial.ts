/**
 * Writes to a copy of the database before a server writes to the database. LMDB has no checksum for its
 * list of free pages and reads it only when it commits a write. If the list is damaged, that write fails,
 * overwrites a page in use, or ends the process. Runs in the preflight process.
 */

import { constants, copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ServerError } from '../../util/errors.js';
import { type CheckLimits, type Condition, checkLogs, conditionOf, scanDatabase } from './check.js';
import { DATA_FILE } from './directory.js';
import { NoRoomError } from './disk-space.js';
import { type Operation, openEnvironment } from './environment.js';

/** A larger file would hold up every start for longer than the risk is worth: some hundred milliseconds. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Enough to make LMDB look at more than the first of its lists. */
const RECORDS = 128;
const RECORD_BYTES = 8 * 1024;

/**
 * Resolves with whether the trial ran. It does not without room for a copy, or if it would take too long.
 *
 * @param scratch an empty directory for the copy; the caller removes it
 * @throws ServerError ERR_STORE_CORRUPT if a write to the copy fails or damages it
 */
export async function tryWriting(
  path: string,
  scratch: string,
  condition: Condition,
  limits: CheckLimits,
): Promise<boolean> {
  const copy = join(scratch, DATA_FILE);
  const { size } = statSync(join(path, DATA_FILE));
  if (size > MAX_BYTES || !copied(join(path, DATA_FILE), copy)) return false;
  const environment = await openEnvironment({ path: scratch });
  try {
    // Write, remove and write again, so that the second write uses the pages that the first one freed.
    for (const value of [Buffer.alloc(RECORD_BYTES), null, Buffer.alloc(RECORD_BYTES)]) {
      environment.room?.makeFor(records(value));
      await environment.commit(records(value));
    }
  } catch (error) {
    if (error instanceof NoRoomError) return false;
    throw new ServerError('ERR_STORE_CORRUPT', 'A copy of it cannot be written to.', {
      cause: error,
    });
  }
  await environment.commit(records(null));
  // A new database has grown by now, and has no format record to check.
  const after = condition === 'new' ? condition : conditionOf(environment, statSync(copy).size);
  checkLogs(environment, after, limits);
  scanDatabase(environment, after, limits);
  await environment.close();
  return true;
}

/** Without room for a copy the start goes on without a trial. */
function copied(from: string, to: string): boolean {
  try {
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
    return true;
  } catch {
    return false;
  }
}

const records = (value: Buffer | null): readonly Operation[] =>
  Array.from({ length: RECORDS }, (_, index) => ({
    table: 'meta',
    key: Buffer.from(`trial-${index}`),
    value,
  }));
