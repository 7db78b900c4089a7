/**
 * The program that copies a database that other processes may be using.
 *
 *     node backup-process.js DATA_DIRECTORY EMPTY_DIRECTORY
 *
 * A separate process, because only its end stops a copy that is under way. It sends `{ bytes }`, the size to expect,
 * and copies when it is sent any message. What goes wrong stands on stdout.
 */

import { once } from 'node:events';
import { chownSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { asError } from '../../util/errors.js';
import { announce, withdraw } from './announcements.js';
import { DATA_FILE, LOCK_FILE } from './directory.js';
import { openEnvironment } from './environment.js';

const OWNER_ONLY_UMASK = 0o077;

async function main(path: string, target: string): Promise<void> {
  // Ctrl-C reaches the whole process group, but only the parent must handle it. If the parent ends, so does this.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.once('disconnect', () => {
    withdraw(path, process.pid);
    // An orderly exit waits for the copy.
    process.kill(process.pid, 'SIGKILL');
  });
  const lock = join(path, LOCK_FILE);
  const hadLock = existsSync(lock);
  announce(path);
  try {
    const environment = await openEnvironment({ path, readOnly: true });
    if (!hadLock) giveAway(lock, join(path, DATA_FILE));
    process.umask(OWNER_ONLY_UMASK);
    process.send?.({ bytes: environment.bytes() });
    await once(process, 'message');
    await environment.copyTo(target);
    await environment.close();
  } catch (error) {
    process.stdout.write(asError(error).message);
    process.exitCode = 1;
  }
  process.removeAllListeners('disconnect');
  withdraw(path, process.pid);
  process.disconnect();
}

/** A lock file that the superuser creates would keep the server out. */
function giveAway(lock: string, dataFile: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dataFile);
  chownSync(lock, uid, gid);
}

const [, , path = '', target = ''] = process.argv;
void main(path, target);
