/** `npm run leaks -- --cycles N`: builds the product, bundles both ends and runs them. */

import { runBundled } from './support/run-bundled.mjs';

/**
 * Machine code and the optimiser's data also live on the heap, and grow for hours as code paths get hot. They
 * would hide what a client leaves behind, so the code is interpreted.
 */
const INTERPRETED = ['--no-opt', '--no-maglev', '--no-sparkplug'];

await runBundled(
  'leaks',
  { main: 'test/leaks/main.ts', server: 'test/leaks/server.ts' },
  { nodeFlags: ['--expose-gc', ...INTERPRETED] },
);
