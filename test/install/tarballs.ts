/** Where the packages lie as `npm pack` makes them: the tests' set-up has packed them. */

import { join } from 'node:path';
import { ROOT } from '../support/root.js';

export const TARBALLS = join(ROOT, '.cache', 'packages');
