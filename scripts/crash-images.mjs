/** `npm run crash-images -- --images N --seed S`: builds the product, bundles the programs and runs them. */

import { runBundled } from './support/run-bundled.mjs';

await runBundled('crash-images', {
  main: 'test/crash-images/main.ts',
  writer: 'test/crash-images/writer/program.ts',
  opener: 'test/crash-images/opener/program.ts',
});
