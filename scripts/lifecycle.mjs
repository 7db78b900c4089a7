/** `npm run lifecycle`: builds the product, bundles the page lifecycle test and runs it. */

import { runBundled } from './support/run-bundled.mjs';

await runBundled('lifecycle', { lifecycle: 'test/lifecycle/main.ts' });
