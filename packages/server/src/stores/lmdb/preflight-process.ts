/** The program of the preflight: opens the database in a directory and says, by its exit code, whether it is sound. */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { asError } from '../../errors.js';
import { checkLogs, conditionOf, scanDatabase } from './check.js';
import { DATA_FILE } from './directory.js';
import { type Environment, openEnvironment } from './environment.js';
import { tryWriting } from './trial.js';

const DAMAGED_EXIT_CODE = 65;

async function main(path: string, scratch: string): Promise<void> {
  try {
    const environment = await openEnvironment({ path, readOnly: true });
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

const [, , path = '', scratch = ''] = process.argv;
void main(path, scratch);
