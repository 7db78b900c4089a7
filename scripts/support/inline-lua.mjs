/**
 * The scripts for Redis are Lua files. A build puts their texts in the place of the module that reads them, so that
 * the package, and whatever it is bundled into, reads no file.
 */

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const REDIS = join('stores', 'redis');

/**
 * The module `lua.js` with the texts in it.
 *
 * @param {string} folder with the Lua files
 * @param {(lua: string) => string} [change] of each text on its way
 */
export function luaModule(folder, change = (lua) => lua) {
  const texts = readdirSync(folder).map((file) => {
    return [file.replace(/\.lua$/, ''), change(readFileSync(join(folder, file), 'utf8'))];
  });
  return (
    `const files = ${JSON.stringify(Object.fromEntries(texts), null, 2)};\n` +
    'export const luaFile = (name) => files[name];\n'
  );
}

/** @param {string} server the built package's folder; its `dist` is changed */
export function inlineLua(server) {
  const module = join(server, 'dist', REDIS, 'lua.js');
  rmSync(module);
  writeFileSync(module, luaModule(join(server, 'src', REDIS, 'lua')));
}
