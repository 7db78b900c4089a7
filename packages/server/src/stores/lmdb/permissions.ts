/** Which users may read and write the store: the one that the server runs as, and no other. Windows has no such bits. */

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../observe/trace.js';
import { ServerError } from '../../util/errors.js';

export const OWNER_ONLY = 0o600;
export const OWNER_ONLY_FOLDER = 0o700;
/** Read and write, for the group and for all others. */
const SHARED = 0o066;
const PERMISSIONS = 0o777;

/** What to do about a data directory that other users can read or write. */
export type PermissionPolicy = 'refuse' | 'warn';

/** A path, and its mode as `stat` shows it. */
export type PathMode = readonly [path: string, mode: number];

/**
 * Looks at the modes of a data directory and of its files.
 *
 * @throws ServerError ERR_STORE_PERMISSIONS by the policy `refuse`, if other users can read or write one of them
 */
export function checkPermissions(
  path: string,
  policy: PermissionPolicy,
  logger: Pick<Logger, 'warn'>,
): void {
  if (process.platform === 'win32') return;
  const problem = describeShared(path, modesOf(path));
  if (problem === undefined) return;
  const code = 'ERR_STORE_PERMISSIONS';
  if (policy === 'refuse') {
    throw new ServerError(code, `Cannot use the data directory ${path}: ${problem}`);
  }
  logger.warn({ code }, `The data directory ${path} is not private: ${problem}`);
}

/** Names the paths that other users can read or write, and the command that changes this; undefined if there are none. */
export function describeShared(folder: string, modes: readonly PathMode[]): string | undefined {
  const shared = modes.filter(([, mode]) => (mode & SHARED) !== 0);
  if (shared.length === 0) return undefined;
  const named = shared.map(([path, mode]) => `${path} has mode ${octal(mode)}`).join(', ');
  return `other users can read or write it: ${named}. Run as its owner: chmod -R go-rwx ${quoted(folder)}`;
}

/** Of the directory, and of everything in it. */
function modesOf(path: string): readonly PathMode[] {
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
  const paths = [path, ...names.map((name) => join(path, name))];
  return paths.flatMap((each): readonly PathMode[] => {
    // A backup may have withdrawn its announcement meanwhile.
    const found = statSync(each, { throwIfNoEntry: false });
    return found ? [[each, found.mode]] : [];
  });
}

const octal = (mode: number): string => (mode & PERMISSIONS).toString(8).padStart(4, '0');

/** The path as a shell takes it. */
const quoted = (path: string): string =>
  /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
