/** `npm run lifecycle`: builds the product, bundles what happens to pages and runs it. */

import { runBundled } from './support/run-bundled.mjs';

await runBundled('lifecycle', { lifecycle: 'test/lifecycle/main.ts' });
