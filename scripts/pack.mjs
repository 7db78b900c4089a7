/** `npm run pack [-- FOLDER]`: every package as it is published, as tarballs in `.cache/packages` or another folder. */

import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build, install, PACKAGES, ROOT, requireNode, run, say } from './support/steps.mjs';

requireNode();
install();
build();
const target = resolve(process.argv[2] ?? join(ROOT, '.cache', 'packages'));
mkdirSync(target, { recursive: true });
for (const name of PACKAGES) {
  run('npm', ['pack', '--silent', '--pack-destination', target], {
    cwd: join(ROOT, 'packages', name),
  });
}
say(`Packed in ${target}`);
