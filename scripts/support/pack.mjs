/** Packs every package as npm would publish it. */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm, PACKAGES, ROOT } from './steps.mjs';

const FOLDER = join(ROOT, '.cache', 'packages');
const STAMP = join(FOLDER, 'built');

/** Packs into `.cache/packages`, unless the last build is packed there. Everything must be built. */
export function pack() {
  const built = readFileSync(join(ROOT, '.cache', 'built'), 'utf8');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === built) return;
  rmSync(FOLDER, { recursive: true, force: true });
  packInto(FOLDER);
  writeFileSync(STAMP, built);
}

/** @param {string} folder */
export function packInto(folder) {
  mkdirSync(folder, { recursive: true });
  for (const name of PACKAGES) {
    const cwd = join(ROOT, 'packages', name);
    npm(['pack', '--silent', '--pack-destination', folder], { cwd, stdio: 'ignore' });
  }
}
