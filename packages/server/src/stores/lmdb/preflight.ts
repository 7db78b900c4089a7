/**
 * Opens the database in a child process first. LMDB maps the file into memory: on a damaged or
 * truncated file it may not report an error but take the process down. Here that is the child, and the
 * server can say what happened.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asError } from '../../errors.js';
import { refuse } from './directory.js';

/** Far beyond the time that a check takes; see `CHECK_MS`. */
const TIMEOUT_MS = 120_000;

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
  const program = fileURLToPath(new URL('./preflight-process.js', import.meta.url));
  const scratch = mkdtempSync(join(tmpdir(), 'session-monitor-check-'));
  try {
    const child = spawn(process.execPath, [program, path, scratch], {
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
