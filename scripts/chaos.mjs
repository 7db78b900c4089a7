/** `npm run chaos -- --minutes M --seed S`: builds the product, bundles the chaos and runs it. */

import { runBundled } from './support/run-bundled.mjs';

await runBundled('chaos', {
  chaos: 'test/chaos/main.ts',
  clients: 'test/chaos/clients/program.ts',
});
