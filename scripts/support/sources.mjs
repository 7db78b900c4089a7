/** Maps each export of a package to its source, so that programs that run from the sources need no build. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGES, ROOT } from './steps.mjs';

/** Aliases for vite: each path that a package exports, as the source that it is built from. */
export const sourceAliases = () =>
  PACKAGES.flatMap((folder) => {
    const read = readFileSync(join(ROOT, 'packages', folder, 'package.json'), 'utf8');
    const { name, exports } = JSON.parse(read);
    return Object.entries(exports)
      .filter(([, target]) => target.types)
      .map(([path, target]) => ({
        find: new RegExp(`^${name}${path.slice(1)}$`),
        replacement: join(
          ROOT,
          'packages',
          folder,
          target.types.replace('./dist/', 'src/').replace(/\.d\.ts$/, '.ts'),
        ),
      }));
  });
