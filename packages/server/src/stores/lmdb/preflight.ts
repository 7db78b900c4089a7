/**
 * Opens the database in a child process first. LMDB maps the file into memory: on a damaged or
 * truncated file it may not report an error but take the process down. Here that is the child, and the
 * server can say what happened.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asError } from '../../errors.js';
import { checkLogs, conditionOf, scanDatabase } from './check.js';
import { DATA_FILE, refuse } from './directory.js';
import { type Environment, openEnvironment } from './environment.js';
import { tryWriting } from './trial.js';

/** Far beyond the time that a check takes; see `CHECK_MS`. */
const TIMEOUT_MS = 120_000;
const DAMAGED_EXIT_CODE = 65;

/**
 * Rejects with a coded error if the database in `path` cannot be opened and trusted. Whoever waits may do something
 * else meanwhile.
 */
export async function preflight(path: string): Promise<void> {
  const { status, signal, stdout } = await check(path).catch((error: unknown) => {
    const why = `the process that checks it could not do so: ${asError(error).message}.`;
    throw refuse('ERR_STORE_ACCESS', path, why, error);
  });
  if (status === 0) return;
  const why = signal
    ? `opening it, or writing to a copy of it, ended the checking process with ${signal}.`
    : stdout.trim() || `the checking process ended with code ${status}.`;
  throw refuse(
    'ERR_STORE_CORRUPT',
    path,
    `it is damaged. ${why} Nothing was changed. Restore it from a back-up, or choose another directory.`,
  );
}

interface Checked {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
}

/** Rejects if there is no such process to be had. */
async function check(path: string): Promise<Checked> {
  const self = fileURLToPath(import.meta.url);
  const scratch = mkdtempSync(join(tmpdir(), 'session-monitor-check-'));
  try {
    const child = spawn(process.execPath, [self, path, scratch], {
      timeout: TIMEOUT_MS,
      // What LMDB itself writes to stderr helps nobody who does not know its insides.
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    const [status, signal] = await once(child, 'close');
    return { status, signal, stdout };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function main(path: string, scratch: string): Promise<void> {
  try {
    const environment = openEnvironment({ path, readOnly: true });
    const condition = conditionOf(environment, statSync(join(path, DATA_FILE)).size);
    let sound = false;
    try {
      sound = await tryAlone(environment, () => tryWriting(path, scratch, condition));
    } finally {
      // A copy that is sound after it was written to was sound before. Of one that is not, the file itself may
      // say more clearly what is wrong.
      if (!sound) checkLogs(environment, condition);
      if (!sound || condition === 'short') scanDatabase(environment, condition);
    }
    await environment.close();
  } catch (error) {
    process.stdout.write(asError(error).message);
    process.exitCode = DAMAGED_EXIT_CODE;
  }
}

/** What another process writes meanwhile makes a torn copy of a sound file; that one is refused as in use. */
async function tryAlone(environment: Environment, trial: () => Promise<boolean>): Promise<boolean> {
  if (environment.otherProcesses().length > 0) return false;
  try {
    return await trial();
  } catch (error) {
    if (environment.otherProcesses().length === 0) throw error;
    return false;
  }
}

const [, script, path, scratch] = process.argv;
if (script === fileURLToPath(import.meta.url) && path && scratch) await main(path, scratch);
