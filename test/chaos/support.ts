/** Starts `npm run chaos` for the short forms. */

import type { SpawnSyncReturns } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { runScript } from '../support/run-script.js';
import type { Report } from './report/report.js';

/** The command, run to its end. */
export const chaos = (...args: readonly string[]) => runScript('chaos', args);

/** The report of a run that has passed. */
export function reportOf({ stdout }: SpawnSyncReturns<string>): Report {
  const file = /passed: (.+)$/m.exec(stdout)?.[1];
  return JSON.parse(readFileSync(file ?? '', 'utf8')) as Report;
}
