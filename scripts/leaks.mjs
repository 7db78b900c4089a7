/** `npm run leaks -- --cycles N`: builds the product, bundles both ends and runs them. */

import { runBundled } from './support/run-bundled.mjs';

await runBundled(
  'leaks',
  { main: 'test/leaks/main.ts', server: 'test/leaks/server.ts' },
  { nodeFlags: ['--expose-gc'] },
);
