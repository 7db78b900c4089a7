/**
 * The client as it is published depends on nothing: the protocol's modules go along in its own folder. The
 * sources import the package, as everything in the tree does.
 */

import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const QUOTED = /(['"])@session-monitor\/protocol\1/g;

/** Leads to a file that is not published. */
const MAP = /\n\/\/# sourceMappingURL=.*\s*$/;

/** @param {string} protocol what is built of it @param {string} dist what is built of the client, a copy */
export function inlineProtocol(protocol, dist) {
  const inlined = join(dist, 'protocol');
  cpSync(protocol, inlined, { recursive: true, filter: isPublished });
  for (const path of readdirSync(dist, { recursive: true }).map(String)) {
    if (!/\.(js|d\.ts)$/.test(path)) continue;
    const file = join(dist, path);
    const text = readFileSync(file, 'utf8');
    const local = relative(dirname(file), join(inlined, 'index.js')).replaceAll('\\', '/');
    const specifier = local.startsWith('.') ? local : `./${local}`;
    const rewritten = text
      .replaceAll(QUOTED, (_, quote) => `${quote}${specifier}${quote}`)
      .replace(MAP, '');
    if (rewritten !== text) writeFileSync(file, rewritten);
  }
}

/** Maps lead to sources that are not published. */
export const isPublished = (path) => !/\.(tsbuildinfo|map)$/.test(path);
