/** A reply of this node as findings see it. */

import type { LiveRun } from '../../runs/live-run.js';
import { isoTime } from '../../util/iso-time.js';
import type { RunFacts } from '../findings/facts.js';
import { viewRun } from '../views/run-pages.js';

/** Undefined until it is in the store. */
export function liveRunFacts({
  record,
  isProducing,
  lastPartAt,
}: Pick<LiveRun, 'record' | 'isProducing' | 'lastPartAt'>): RunFacts | undefined {
  if (!record) return undefined;
  const last_part_at = lastPartAt === null ? null : isoTime(lastPartAt);
  return { ...viewRun(record), waits: !isProducing, last_part_at, error: null };
}
