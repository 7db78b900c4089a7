/** `npm run cluster`: builds, and starts the example with three servers behind nginx. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build, install, ROOT, requireNode } from './support/steps.mjs';

requireNode();
install();
build();
const example = join(ROOT, 'examples', 'cluster', 'start.mjs');
const { status } = spawnSync(process.execPath, [example, ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
});
process.exit(status ?? 1);
