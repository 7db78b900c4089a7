/** `npm run simulate -- --seeds 100000 --from N`: bundles the simulation with the sources and runs it. */

import { bundle } from './support/bundle.mjs';
import { install, requireNode, run } from './support/steps.mjs';

requireNode();
install();
const program = await bundle('test/simulation/main.ts', '.cache/simulation/simulate.mjs');
run(process.execPath, [program, ...process.argv.slice(2)]);
