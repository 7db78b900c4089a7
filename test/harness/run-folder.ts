/** The folder of one run, with everything that explains its result. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/root.js';

/** Makes `.cache/NAME/TIME-seed-SEED`, or `.cache/NAME/TIME` for a run without a seed. */
export function makeRunFolder(name: string, seed?: number): string {
  const startedAt = new Date().toISOString().replaceAll(':', '-').slice(0, 19);
  const which = seed === undefined ? '' : `-seed-${seed}`;
  const folder = join(ROOT, '.cache', name, `${startedAt}${which}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Returns the file with the report. */
export function writeReport(folder: string, report: object): string {
  const file = join(folder, 'report.json');
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  return file;
}
