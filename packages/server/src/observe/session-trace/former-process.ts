/** How the process before this one ended, as the files of the trace tell. */

import { open } from 'node:fs/promises';
import { isAlive } from '../../util/is-alive.js';
import type { TraceLine } from './line.js';
import { parseRaw } from './raw-line.js';
import { scanFile } from './scan-file.js';
import { listFiles } from './trace-folder.js';

/** Its last line; undefined if there was none, or if it may live. Call it before this process writes. */
export async function lastLineBefore(directory: string): Promise<TraceLine | undefined> {
  const files = await listFiles(directory);
  for (const { path, pid, bytes } of [...files].reverse()) {
    // In a container every process has the same id.
    if (pid !== process.pid && isAlive(pid)) return undefined;
    const line = await lastLineOf(path, bytes);
    if (line) return line;
  }
  return undefined;
}

async function lastLineOf(path: string, bytes: number): Promise<TraceLine | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return undefined;
  let last: TraceLine | undefined;
  try {
    await scanFile(file, bytes, (raw) => {
      last = parseRaw(raw);
      return last === undefined;
    });
  } finally {
    await file.close();
  }
  return last;
}
