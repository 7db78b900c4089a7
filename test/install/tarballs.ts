/** The folder of the packages that the tests' set-up has made with `npm pack`. */

import { join } from 'node:path';
import { ROOT } from '../support/root.js';

export const TARBALLS = join(ROOT, '.cache', 'packages');
