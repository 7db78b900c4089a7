/** Each started run has one end, and nothing follows it (I7). */

import { RUN_EVENTS } from '../../../packages/protocol/src/names.js';
import type { Checker } from './checker.js';
import type { ReferenceLog } from './reference-log.js';

interface Seen {
  started: number;
  finished: number;
  /** Parts after the end. */
  late: number;
}

/** @param unfinished logs whose end is not durable yet */
export function checkRuns(
  reference: ReferenceLog,
  checker: Checker,
  unfinished: readonly string[],
): void {
  for (const log of reference.logs()) {
    if (unfinished.includes(log.thread_id)) continue;
    const runs = new Map<string, Seen>();
    for (const { text } of reference.history(log)) {
      const [event, data] = JSON.parse(text) as [string, { run_id?: string }];
      if (data.run_id === undefined) continue;
      const seen = runs.get(data.run_id) ?? { started: 0, finished: 0, late: 0 };
      runs.set(data.run_id, seen);
      if (seen.finished > 0) seen.late += 1;
      if (event === RUN_EVENTS.started) seen.started += 1;
      if (event === RUN_EVENTS.finished) seen.finished += 1;
    }
    for (const [run_id, { started, finished, late }] of runs) {
      checker.expect(finished === 1 && started <= 1 && late === 0, 'I7', () => {
        return `run ${run_id} on ${log.thread_id}: ${started} starts, ${finished} ends, ${late} parts after the end`;
      });
    }
  }
}
