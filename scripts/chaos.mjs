/** `npm run chaos -- --minutes M --seed S`: builds the product, bundles the chaos and runs it. */

import { spawnSync } from 'node:child_process';
import { bundle } from './support/bundle.mjs';
import { build, install, ROOT, requireNode } from './support/steps.mjs';

requireNode();
install();
build();
await bundle('test/chaos/clients/program.ts', '.cache/chaos/clients.mjs');
const program = await bundle('test/chaos/main.ts', '.cache/chaos/chaos.mjs');
const { status } = spawnSync(process.execPath, [program, ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
});
process.exit(status ?? 1);
