/**
 * The built client has no dependency: the protocol's modules are copied into a folder beside `dist`. The sources
 * import the package, as everything in the tree does. (Not within `dist`: TypeScript expects only its own output
 * there.)
 */

import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

const QUOTED = /(['"])@session-monitor\/protocol\1/g;

/** @param {string} protocol the built package's folder @param {string} client the client's; its `dist` is changed */
export function inlineProtocol(protocol, client) {
  const [dist, inlined] = [join(client, 'dist'), join(client, 'protocol')];
  rmSync(inlined, { recursive: true, force: true });
  cpSync(join(protocol, 'dist'), inlined, {
    recursive: true,
    // Only the server uses these.
    filter: (path) => !path.endsWith('.tsbuildinfo') && basename(path) !== 'rules',
  });
  for (const path of readdirSync(dist, { recursive: true }).map(String)) {
    if (!/\.(js|d\.ts)$/.test(path)) continue;
    const file = join(dist, path);
    const text = readFileSync(file, 'utf8');
    const local = relative(dirname(file), join(inlined, 'index.js')).replaceAll('\\', '/');
    const rewritten = text.replaceAll(QUOTED, (_, quote) => `${quote}${local}${quote}`);
    if (rewritten !== text) writeFileSync(file, rewritten);
  }
}
