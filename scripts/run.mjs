/** `node scripts/run.mjs NAME FLAG …`: prepares a program of the project and runs it; its exit code is this process's. */

import { spawnSync } from 'node:child_process';
import { PROGRAMS } from './support/programs.mjs';
import { build, install, ROOT, requireNode } from './support/steps.mjs';

const [, , name, ...args] = process.argv;
const { script, main, helpers, nodeFlags = [], asInstalled, needsBuild = true } = PROGRAMS[name];
requireNode();
install();
if (needsBuild) build();
const program = script ?? (await bundleAll({ [name]: main ?? `test/${name}/main.ts`, ...helpers }));
const { status } = spawnSync(process.execPath, [...nodeFlags, program, ...args], {
  cwd: ROOT,
  stdio: 'inherit',
});
process.exit(status ?? 1);

/** Resolves with the path of the first bundle. */
async function bundleAll(entries) {
  // It needs what `install` has installed.
  const { bundle } = await import('./support/bundle.mjs');
  const [first] = await Promise.all(
    Object.entries(entries).map(([each, entry]) =>
      bundle(entry, `.cache/${name}/${each}.mjs`, { asInstalled }),
    ),
  );
  return first;
}
