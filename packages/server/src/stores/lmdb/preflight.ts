/**
 * Opens the database in a child process first. LMDB maps the file into memory: on a damaged or truncated
 * file it may crash the process instead of reporting an error. Here the child crashes, and the server can
 * report what happened.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asError } from '../../util/errors.js';
import { refuse } from './directory.js';

/** Far beyond the time that the check at a start takes; see `START_LIMITS`. */
const TIMEOUT_MS = 120_000;

/**
 * Resolves if the database in `path` can be opened and trusted, as far as a start looks at it.
 *
 * @throws ServerError ERR_STORE_CORRUPT, ERR_STORE_ACCESS
 */
export async function preflight(path: string): Promise<void> {
  const damage = await findDamage(path, {});
  if (damage === undefined) return;
  throw refuse(
    'ERR_STORE_CORRUPT',
    path,
    `it is damaged. ${damage} Nothing was changed. Restore it from a back-up, or choose another directory.`,
  );
}

export interface Thoroughness {
  /** Checks every record, however long that takes. */
  readonly thorough?: boolean;
  /** In records. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Ends the check, which then rejects. */
  readonly signal?: AbortSignal;
}

/**
 * Resolves with a sentence that names the damage, or undefined.
 *
 * @throws ServerError ERR_STORE_ACCESS if the check could not be made
 */
export async function findDamage(
  path: string,
  thoroughness: Thoroughness,
): Promise<string | undefined> {
  const { status, signal, stdout } = await check(path, thoroughness).catch((error: unknown) => {
    const why = `the process that checks it failed: ${asError(error).message}.`;
    throw refuse('ERR_STORE_ACCESS', path, why, error);
  });
  if (status === 0) return undefined;
  return signal
    ? `opening it, or writing to a copy of it, ended the checking process with ${signal}.`
    : stdout || `the checking process ended with code ${status}.`;
}

interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it has said. */
  readonly stdout: string;
}

/** Resolves when a process has ended. Rejects if it cannot be started. */
export async function endOf(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  const [status, signal] = await once(child, 'close');
  return { status, signal, stdout: stdout.trim() };
}

async function check(path: string, thoroughness: Thoroughness): Promise<Ended> {
  const { thorough = false, onProgress, signal: abort } = thoroughness;
  const program = fileURLToPath(new URL('./preflight-process.js', import.meta.url));
  const scratch = mkdtempSync(join(tmpdir(), 'session-monitor-check-'));
  try {
    const child = spawn(
      process.execPath,
      [program, path, scratch, ...(thorough ? ['thorough'] : [])],
      {
        ...(!thorough && { timeout: TIMEOUT_MS }),
        ...(abort && { signal: abort, killSignal: 'SIGKILL' }),
        // LMDB's own messages on stderr do not help an operator.
        stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
      },
    );
    if (onProgress) child.on('message', onProgress);
    return await endOf(child);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
