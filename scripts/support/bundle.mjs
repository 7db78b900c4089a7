/**
 * Bundles a program of the tests with the product's sources, so that it starts at once and needs no loader. A
 * mutant is the product without one rule. The sources in the tree stay as they are: the change is made on the
 * way into the bundle.
 */

import { mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { build } from 'vite';
import { sourceAliases } from './aliases.mjs';
import { luaModule } from './inline-lua.mjs';
import { mutated, mutatedLua } from './mutate.mjs';
import { ROOT } from './steps.mjs';

/** The modules that a program imports at run time, installed or built. */
const EXTERNAL = [
  ...['lmdb', 'ioredis', 'socket.io', 'socket.io-client', 'vite', 'fast-check'],
  ...['@session-monitor/client', '@session-monitor/server', '@session-monitor/server/lmdb'],
  '@session-monitor/server/redis',
];

/**
 * @param {string} entry path of the program's first file, from the root
 * @param {string} outFile path of the bundle, from the root
 * @param {{ mutant?: import('../../test/simulation/mutants.mjs').Mutant, asInstalled?: boolean }} [options] `asInstalled`: the
 *   product and its dependencies stay outside the bundle, as they are installed and built
 */
export async function bundle(entry, outFile, { mutant, asInstalled = false } = {}) {
  const target = join(ROOT, outFile);
  mkdirSync(dirname(target), { recursive: true });
  const mutation = mutant && mutate(mutant);
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'warn',
    resolve: {
      alias: asInstalled
        ? []
        : sourceAliases().filter(({ find }) => find.source.includes('protocol')),
    },
    plugins: [inlinedLua(mutation?.changeLua), ...(mutation ? [mutation.plugin] : [])],
    ssr: asInstalled ? { external: true } : { noExternal: true, external: EXTERNAL },
    build: {
      ssr: join(ROOT, entry),
      outDir: dirname(target),
      emptyOutDir: false,
      minify: false,
      sourcemap: false,
      rolldownOptions: { output: { entryFileNames: basename(target), codeSplitting: false } },
    },
  });
  mutation?.check();
  return target;
}

/** The scripts for Redis as texts in the bundle, as in a build. */
const inlinedLua = (change) => ({
  name: 'inlined-lua',
  enforce: 'pre',
  load: (id) =>
    id.endsWith('/stores/redis/lua.ts') ? luaModule(join(dirname(id), 'lua'), change) : undefined,
});

/** Makes the change on the way into the bundle. */
function mutate(mutant) {
  let applied = 0;
  return {
    changeLua(lua) {
      const instead = mutatedLua(lua, mutant);
      if (instead !== undefined) applied += 1;
      return instead ?? lua;
    },
    plugin: {
      name: 'mutant',
      enforce: 'pre',
      transform(code, id) {
        const instead = mutated(id, code, mutant);
        if (instead !== undefined) applied += 1;
        return instead;
      },
    },
    check() {
      if (applied === 0) throw new Error(`The rule of ${mutant.name} is not part of the bundle`);
    },
  };
}
