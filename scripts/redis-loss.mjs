/** `npm run redis-loss`: builds the product, bundles the measurement and runs it. */

import { runBundled } from './support/run-bundled.mjs';

await runBundled('redis-loss', { 'redis-loss': 'test/redis-loss/main.ts' });
