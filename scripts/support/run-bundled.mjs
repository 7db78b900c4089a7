/** Bundles the programs of a test and runs the first of them; its exit code is this process's. */

import { spawnSync } from 'node:child_process';
import { bundle } from './bundle.mjs';
import { build, install, ROOT, requireNode } from './steps.mjs';

/**
 * @param {string} folder below `.cache`
 * @param {Record<string, string>} programs by the name of the bundle: its first file, from the root
 * @param {{ nodeFlags?: string[] }} [options]
 */
export async function runBundled(folder, programs, { nodeFlags = [] } = {}) {
  requireNode();
  install();
  build();
  const [main] = await Promise.all(
    Object.entries(programs).map(([name, entry]) => bundle(entry, `.cache/${folder}/${name}.mjs`)),
  );
  const { status } = spawnSync(process.execPath, [...nodeFlags, main, ...process.argv.slice(2)], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}
