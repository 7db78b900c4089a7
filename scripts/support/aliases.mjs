/** Maps each export of a package to a file, so that vite finds it without a look at `node_modules`. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGES, ROOT } from './steps.mjs';

/** Aliases for vite: each module that a package exports, as the file that `fileOf` names. */
const aliases = (fileOf) =>
  PACKAGES.flatMap((folder) => {
    const read = readFileSync(join(ROOT, 'packages', folder, 'package.json'), 'utf8');
    const { name, exports } = JSON.parse(read);
    return Object.entries(exports)
      .filter(([, target]) => target.types)
      .map(([path, target]) => ({
        find: new RegExp(`^${name}${path.slice(1)}$`),
        replacement: join(ROOT, 'packages', folder, fileOf(target)),
      }));
  });

/** As the source that it is built from: programs that run from the sources need no build. */
export const sourceAliases = () =>
  aliases(({ types }) => types.replace('./dist/', 'src/').replace(/\.d\.ts$/, '.ts'));

/** As it is built, by its one real path: a module that is loaded by its link, too, has its state twice. */
export const builtAliases = () => aliases((target) => target.default);
