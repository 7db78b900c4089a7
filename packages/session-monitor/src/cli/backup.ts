/** `session-monitor backup DIR`: the embedded store, copied while the server runs or while it does not. */

import { resolve } from 'node:path';
import { configError } from '@session-monitor/server/internal';
import { type BackupProgress, backUpLmdbStore } from '@session-monitor/server/lmdb';
import { type Grammar, readCommandLine } from './command-line.js';
import { readVariables } from './config.js';

const GRAMMAR: Grammar = { command: 'backup', variables: ['DATA_DIR'], switches: [], operands: 1 };

const HELP = `Usage: session-monitor backup DIR [--data-dir PATH]

Copies the embedded store into DIR, a new directory, while the server runs or while it does not.
Run it as the user that the server runs as.

    npx session-monitor backup /backup/2026-12-01 --data-dir /var/lib/session-monitor

DIR appears (mode 0700, its files 0600) only when the copy is complete and every record of it has passed its
checks. Every event that was confirmed before the command started is in it. To restore a backup, stop the server,
move its data directory away, put a copy of DIR in its place, and start the server.

  DATA_DIR  --data-dir
      Directory of the embedded store; default ./data

  -h  --help
      This text.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped. Unless it is 0, nothing is left behind.
`;

const EXIT_STOPPED = 130;
/** Between two lines of progress. */
const PROGRESS_MS = 2_000;
const MB = 1_000_000;

/** @param args the flags and the directory */
export async function backup(args: readonly string[]): Promise<void> {
  const { switches, flags, operands } = readCommandLine(args, GRAMMAR);
  if (switches.has('help')) {
    process.stdout.write(HELP);
    return;
  }
  const target = operands[0] || undefined;
  if (target === undefined) {
    throw configError("Where to? 'session-monitor backup DIR' needs the name of a new directory.");
  }
  const { DATA_DIR, REDIS_URL } = readVariables(['DATA_DIR', 'REDIS_URL'], process.env, flags);
  if (REDIS_URL !== '') {
    throw configError(
      'REDIS_URL is set, so the events are in Redis, and this command copies the embedded store only. ' +
        "Use Redis's own backup: https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/",
    );
  }
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => abort.abort());
  }
  try {
    const { bytes } = await backUpLmdbStore({
      path: DATA_DIR,
      target,
      onProgress: reporter(),
      signal: abort.signal,
    });
    process.stdout.write(`Backed up ${resolve(DATA_DIR)}, ${inMb(bytes)}: ${resolve(target)}\n`);
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    process.stderr.write('Stopped. Nothing was left behind.\n');
    process.exitCode = EXIT_STOPPED;
  }
}

/** Says on stderr what is being done: at once, and from time to time. */
function reporter(): (progress: BackupProgress) => void {
  let step = '';
  let saidAt = 0;
  return (progress) => {
    const now = performance.now();
    if (progress.step === step && now < saidAt + PROGRESS_MS) return;
    step = progress.step;
    saidAt = now;
    process.stderr.write(`${describe(progress)}\n`);
  };
}

const describe = ({ step, done, total }: BackupProgress): string =>
  step === 'copy'
    ? `Copying: ${inMb(done)} of ${inMb(total)}`
    : `Verifying: ${done} of ${total} records`;

const inMb = (bytes: number): string => `${(bytes / MB).toFixed(1)} MB`;
