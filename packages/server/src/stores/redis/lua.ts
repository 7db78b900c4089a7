/** The Lua files beside this one. A build puts their text in the place of this module (scripts/support/inline-lua.mjs). */

import { readFileSync } from 'node:fs';

export const luaFile = (name: string): string =>
  readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8');
