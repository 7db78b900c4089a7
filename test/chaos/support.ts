/** The command, as the short forms of its runs start it. */

import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/root.js';
import type { Report } from './report/report.js';

const SCRIPT = join(ROOT, 'scripts', 'chaos.mjs');

/** The command, run to its end. */
export function chaos(...args: readonly string[]): SpawnSyncReturns<string> {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME };
  return spawnSync(process.execPath, [SCRIPT, ...args], {
    encoding: 'utf8',
    env,
    timeout: 170_000,
  });
}

/** The report of a run that has passed. */
export function reportOf({ stdout }: SpawnSyncReturns<string>): Report {
  const file = /passed: (.+)$/m.exec(stdout)?.[1];
  return JSON.parse(readFileSync(file ?? '', 'utf8')) as Report;
}
