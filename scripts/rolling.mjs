/** `npm run rolling`: builds the product, bundles the rolling deploys and runs them. */

import { runBundled } from './support/run-bundled.mjs';

await runBundled('rolling', {
  rolling: 'test/rolling/main.ts',
  followers: 'test/rolling/program.ts',
});
