/** Builds everything: TypeScript to each package's `dist`, the client as a classic script, the demo page. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { ROOT, run } from './support/steps.mjs';

run(join(ROOT, 'node_modules', '.bin', 'tsc'), ['-b']);
await buildClassicScript(join(ROOT, 'packages', 'client'));
await buildDemoPage(join(ROOT, 'packages', 'demo'));

async function buildClassicScript(client) {
  const outDir = join(client, 'dist', 'classic');
  await build({
    root: client,
    configFile: false,
    logLevel: 'warn',
    build: {
      outDir,
      target: 'es2022',
      lib: {
        entry: join(client, 'dist', 'classic.js'),
        formats: ['iife'],
        name: 'exported',
        fileName: () => 'session_monitor.js',
      },
      rolldownOptions: {
        output: {
          // One scope, so that the page gets the classes and no helper variable.
          banner: '(function () {',
          footer:
            "if (typeof module === 'object' && module.exports) module.exports = exported;\n" +
            'else Object.assign(globalThis, exported);\n' +
            '})();',
        },
      },
    },
  });
  // Beside a script that is no module, for `require`.
  writeFileSync(join(outDir, 'package.json'), '{ "type": "commonjs" }\n');
}

async function buildDemoPage(demo) {
  await build({
    root: demo,
    configFile: false,
    logLevel: 'warn',
    build: {
      outDir: join(demo, 'dist', 'page'),
      assetsDir: 'demo',
      target: 'es2022',
      // The page's policy allows no `data:` and no script that the build makes up.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  });
}
