/**
 * A process's resources: heap, sockets and timers, file handles. Each is the lowest of several measurements,
 * because a resource that is held only for a moment is no leak. Needs `--expose-gc`.
 */

import { readdirSync } from 'node:fs';
import { countEach } from '../harness/figures.js';
import { pause } from '../support/until.js';

export interface Measurement {
  /** Bytes after garbage collection. */
  readonly heap: number;
  /** What keeps the event loop busy, by kind: sockets, timers, requests. */
  readonly resources: Readonly<Record<string, number>>;
  readonly files: number;
}

const LOOKS = 6;

export async function measure(): Promise<Measurement> {
  const { gc } = globalThis;
  if (!gc) throw new Error('Measuring needs node --expose-gc');
  let heap = Number.POSITIVE_INFINITY;
  let files = Number.POSITIVE_INFINITY;
  let resources = countResources();
  for (let look = 0; look < LOOKS; look += 1) {
    // Finalizers and weak references take a turn of the event loop each.
    gc();
    await pause(50);
    gc();
    heap = Math.min(heap, process.memoryUsage().heapUsed);
    files = Math.min(files, readdirSync('/proc/self/fd').length);
    resources = least(resources, countResources());
  }
  return { heap, resources, files };
}

const countResources = () => countEach(process.getActiveResourcesInfo());

const least = (a: Record<string, number>, b: Record<string, number>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(a)
      .map(([kind, count]) => [kind, Math.min(count, b[kind] ?? 0)] as const)
      .filter(([, count]) => count > 0),
  );
