/**
 * Opens the database in a child process first. LMDB maps the file into memory: on a damaged or
 * truncated file it may not report an error but take the process down. Here that is the child, and the
 * server can say what happened.
 */

import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asError } from '../../errors.js';
import { checkDatabase } from './check.js';
import { DATA_FILE, refuse } from './directory.js';
import { openEnvironment } from './environment.js';

/** Far beyond the time that a check takes; see `CHECK_MS`. */
const TIMEOUT_MS = 120_000;
const DAMAGED_EXIT_CODE = 65;

/** Throws a coded error if the database in `path` cannot be opened and trusted. */
export function preflight(path: string): void {
  const self = fileURLToPath(import.meta.url);
  const child = spawnSync(process.execPath, [self, path], {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (child.status === 0) return;
  if (child.error) {
    const why = `the process that checks it could not do so: ${child.error.message}.`;
    throw refuse('ERR_STORE_ACCESS', path, why, child.error);
  }
  const why = child.signal
    ? `opening it ended the checking process with ${child.signal}.`
    : child.stderr.trim() || `the checking process ended with code ${child.status}.`;
  throw refuse(
    'ERR_STORE_CORRUPT',
    path,
    `it is damaged. ${why} Nothing was changed. Restore it from a back-up, or choose another directory.`,
  );
}

async function main(path: string): Promise<void> {
  try {
    const environment = openEnvironment({ path, readOnly: true });
    checkDatabase(environment, statSync(join(path, DATA_FILE)).size);
    await environment.close();
  } catch (error) {
    process.stderr.write(asError(error).message);
    process.exitCode = DAMAGED_EXIT_CODE;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2]) {
  await main(process.argv[2]);
}
