/**
 * Backups announce themselves. LMDB's table of readers lists the processes that have the database open, not their
 * purpose, and a starting server must distinguish a backup, which only reads, from another server. A backup therefore
 * keeps a file `backup-PID` in the data directory from before it opens the database until after it has closed it.
 */

import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../../util/is-alive.js';
import { OWNER_ONLY } from './permissions.js';

const NAME = /^backup-(\d+)$/;

export const isAnnouncement = (fileName: string): boolean => NAME.test(fileName);

const fileOf = (path: string, pid: number): string => join(path, `backup-${pid}`);

/** Announces this process. */
export const announce = (path: string): void =>
  writeFileSync(fileOf(path, process.pid), '', { mode: OWNER_ONLY });

export const withdraw = (path: string, pid: number): void =>
  rmSync(fileOf(path, pid), { force: true });

export const isAnnounced = (path: string, pid: number): boolean => existsSync(fileOf(path, pid));

/**
 * Removes the announcements of processes that have ended. A server calls it before it opens the database: an old
 * announcement under its own process id would hide it from other servers.
 */
export function removeStale(path: string): void {
  for (const name of readdirSync(path)) {
    const pid = Number(NAME.exec(name)?.[1]);
    if (pid && (pid === process.pid || !isAlive(pid))) rmSync(join(path, name), { force: true });
  }
}
