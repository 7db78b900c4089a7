/** The client and the server of 53fec2e, unpacked where Node finds the dependencies of the tree. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { SessionMonitor } from '@session-monitor/client';
import { ROOT } from '../support/root.js';

const FOLDER = join(ROOT, '.cache', 'compatibility', '53fec2e');

function unpack(name: string): string {
  const packed = fileURLToPath(new URL(`./53fec2e/${name}.gz`, import.meta.url));
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, name);
  writeFileSync(file, gunzipSync(readFileSync(packed)));
  return file;
}

// `old-server.mjs` imports it.
unpack('server.mjs');

/** The client's module, which pages load, too. */
export const OLD_CLIENT_FILE = unpack('client.mjs');

interface OldClient {
  readonly SessionMonitor: typeof SessionMonitor;
}

export const { SessionMonitor: OldMonitor } = (await import(
  pathToFileURL(OLD_CLIENT_FILE).href
)) as OldClient;
