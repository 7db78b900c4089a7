/**
 * The client as it is published depends on nothing: the protocol's modules go along in its own folder. The
 * sources import the package, as everything in the tree does.
 */

import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const QUOTED = /(['"])@session-monitor\/protocol\1/g;

/** @param {string} protocol its package's folder @param {string} client the client's */
export function inlineProtocol(protocol, client) {
  const dist = join(client, 'dist');
  const inlined = join(dist, 'protocol');
  rmSync(inlined, { recursive: true, force: true });
  cpSync(join(protocol, 'dist'), inlined, { recursive: true, filter: (path) => !isInfo(path) });
  for (const path of readdirSync(dist, { recursive: true }).map(String)) {
    if (!/\.(js|d\.ts)$/.test(path) || path.startsWith('protocol')) continue;
    const file = join(dist, path);
    const text = readFileSync(file, 'utf8');
    const local = relative(dirname(file), join(inlined, 'index.js')).replaceAll('\\', '/');
    const specifier = local.startsWith('.') ? local : `./${local}`;
    const rewritten = text.replaceAll(QUOTED, (_, quote) => `${quote}${specifier}${quote}`);
    if (rewritten !== text) writeFileSync(file, rewritten);
  }
}

const isInfo = (path) => path.endsWith('.tsbuildinfo') || path.endsWith('.map');
