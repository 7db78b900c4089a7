/** Runs a command of the project to its end, for the short forms of long runs. */

import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './root.js';

const TIMEOUT_MS = 170_000;

/** @param name of the file in `scripts/` */
export function runScript(name: string, args: readonly string[]): SpawnSyncReturns<string> {
  const { PATH = '', HOME = '' } = process.env;
  return spawnSync(process.execPath, [join(ROOT, 'scripts', `${name}.mjs`), ...args], {
    encoding: 'utf8',
    env: { PATH, HOME },
    timeout: TIMEOUT_MS,
  });
}
