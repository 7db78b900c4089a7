/** `npm run simulate -- --seeds 100000 --from N`: bundles the simulation with the sources and runs it. */

import { spawnSync } from 'node:child_process';
import { bundle } from './support/bundle.mjs';
import { NODE_FLAGS } from './support/simulation.mjs';
import { install, ROOT, requireNode } from './support/steps.mjs';

requireNode();
install();
const program = await bundle('test/simulation/main.ts', '.cache/simulation/simulate.mjs');
const { status } = spawnSync(process.execPath, [...NODE_FLAGS, program, ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
});
process.exit(status ?? 1);
