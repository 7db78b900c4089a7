/** The files of the tree that a check looks at. */

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/root.js';

/** Paths from the root of the files below some folders, new ones included, generated ones not. */
export const trackedFiles = (folders: readonly string[], pattern: RegExp): readonly string[] =>
  execFileSync('git', ['ls-files', '-co', '--exclude-standard', ...folders], {
    cwd: ROOT,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((file) => pattern.test(file) && existsSync(join(ROOT, file)));
