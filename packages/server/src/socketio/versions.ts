/** Which versions of Socket.IO's packages an app has loaded: too old ones are refused, vulnerable ones warned about. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Server } from 'socket.io';
import type { Logger } from '../observe/trace.js';
import { ServerError } from '../util/errors.js';

/** Older versions have published vulnerabilities that end a process or take its memory. */
const FLOORS: Readonly<Record<string, string>> = {
  'engine.io': '6.6.10',
  'socket.io-parser': '4.2.6',
  ws: '8.21.1',
};
const OLDEST_SOCKET_IO = '4.7.0';

/**
 * Finds the very modules that made the server: an app may have several copies. Bundled modules are not found, and not
 * judged.
 *
 * @throws ServerError ERR_SOCKET_IO for a socket.io that is too old
 */
export function checkVersions(server: Server, logger: Logger): void {
  const socketIo = moduleOf(server, /[\\/]dist[\\/]index\.js$/);
  const engine = moduleOf(server.engine, /[\\/]build[\\/]server\.js$/);
  const version = socketIo && versionAt(socketIo, 'socket.io');
  if (version && isOlder(version, OLDEST_SOCKET_IO)) {
    throw new ServerError(
      'ERR_SOCKET_IO',
      `This app has socket.io ${version}. Sessions need 4.7 or newer: npm install socket.io@4`,
    );
  }
  for (const [name, from] of [
    ['engine.io', engine],
    ['ws', engine],
    ['socket.io-parser', socketIo],
  ] as const) {
    const [found, floor = ''] = [from && versionAt(from, name), FLOORS[name]];
    if (!found || !isOlder(found, floor)) continue;
    const message = `${name} ${found} has known vulnerabilities; ${floor} or newer has none of these. Run: npm update socket.io`;
    logger.warn({ package: name, version: found, floor }, message);
  }
}

/** The file of the loaded module whose class an object is of. */
function moduleOf(instance: object, file: RegExp): string | undefined {
  const { cache } = createRequire(import.meta.url);
  return Object.keys(cache).find((path) => {
    const { Server: Class } = (file.test(path) ? cache[path]?.exports : undefined) ?? {};
    return typeof Class === 'function' && instance instanceof Class;
  });
}

/** The version of a package as a module finds it; the module's own package included. */
function versionAt(from: string, name: string): string | undefined {
  const folders = createRequire(from).resolve.paths(name) ?? [];
  for (const folder of [join(dirname(from), '..'), ...folders.map((each) => join(each, name))]) {
    const manifest = manifestAt(folder);
    if (manifest?.name === name) return manifest.version;
  }
  return undefined;
}

function manifestAt(folder: string): { name?: string; version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

function isOlder(version: string, floor: string): boolean {
  const [one, other] = [version, floor].map((each) => each.split('.').map(Number.parseFloat));
  for (let index = 0; index < 3; index += 1) {
    const difference = (one?.[index] ?? 0) - (other?.[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
