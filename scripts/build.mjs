/**
 * Builds everything: TypeScript to each package's `dist`, the client as a classic script, the pages. It removes
 * the previous build first: a file without a source would be published.
 */

import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { inlineLua } from './support/inline-lua.mjs';
import { inlineProtocol } from './support/inline-protocol.mjs';
import { PACKAGES, ROOT, tsc } from './support/steps.mjs';

// Within a test run it is 'test', and React would be built for development.
process.env.NODE_ENV = 'production';

const folder = (name) => join(ROOT, 'packages', name);

for (const name of PACKAGES) rmSync(join(folder(name), 'dist'), { recursive: true, force: true });
tsc('-b');
inlineProtocol(folder('protocol'), folder('client'));
inlineLua(folder('server'));
chmodSync(join(folder('session-monitor'), 'dist', 'cli', 'main.js'), 0o755);
await buildClassicScript(folder('client'));
await buildPage('demo');
await buildPage('dashboard');

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
  // The script beside it is CommonJS: `require` needs this.
  writeFileSync(join(outDir, 'package.json'), '{ "type": "commonjs" }\n');
}

/** Its files are below a folder of its name. */
async function buildPage(name) {
  await build({
    root: folder(name),
    // The page may be mounted below any path.
    base: './',
    configFile: false,
    logLevel: 'warn',
    build: {
      outDir: join(folder(name), 'dist', 'page'),
      assetsDir: name,
      target: 'es2022',
      // The page's Content-Security-Policy allows no `data:` and no generated script.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        // Libraries mark their modules as for a browser. This is one.
        onwarn: (warning, warn) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || warn(warning),
      },
    },
  });
}
