/**
 * The program of the preflight: opens the database in a directory and says, by its exit code, whether it is sound.
 *
 *     node preflight-process.js DIRECTORY SCRATCH [thorough]
 *
 * With an IPC channel it sends its progress, `{ done, total }` in records.
 */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { asError } from '../../util/errors.js';
import { type CheckLimits, checkLogs, conditionOf, START_LIMITS, scanDatabase } from './check.js';
import { DATA_FILE } from './directory.js';
import { type Environment, openEnvironment } from './environment.js';
import { tryWriting } from './trial.js';

const DAMAGED_EXIT_CODE = 65;

/** Progress is sent at most that often. */
const PROGRESS_MS = 200;

async function main(path: string, scratch: string, limits: CheckLimits): Promise<void> {
  try {
    const environment = await openEnvironment({ path, readOnly: true });
    const condition = conditionOf(environment, statSync(join(path, DATA_FILE)).size);
    let sound = false;
    try {
      sound = await tryAlone(environment, () => tryWriting(path, scratch, condition, limits));
    } finally {
      // A copy that is sound after it was written to was sound before. Of one that is not, the file itself may
      // say more clearly what is wrong.
      if (!sound) checkLogs(environment, condition, limits);
      if (!sound || condition === 'short') scanDatabase(environment, condition, limits);
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

/** Until the last record, however long that takes. */
function thorough(): CheckLimits {
  let sentAt = Number.NEGATIVE_INFINITY;
  return {
    checkMs: Number.POSITIVE_INFINITY,
    scanMs: Number.POSITIVE_INFINITY,
    onRecords: (done, total) => {
      if (performance.now() < sentAt + PROGRESS_MS) return;
      sentAt = performance.now();
      process.send?.({ done, total });
    },
  };
}

const [, , path = '', scratch = '', mode] = process.argv;
void main(path, scratch, mode === 'thorough' ? thorough() : START_LIMITS);
