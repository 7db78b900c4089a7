/**
 * Compacts a run that has ended: its text came in hundreds of deltas, and a reader that joins later can get it in a few
 * events. Consecutive deltas with no other event between them get a compacted range; all other events of the run stay
 * as they are.
 */

import { decodeCursor, RUN_EVENTS } from '@session-monitor/protocol';
import { RangeFinder } from '@session-monitor/protocol/rules';
import type { LogStore, RunRecord, ThreadHead } from '../stores/store.js';
import type { CatchUpTurns } from '../threads/catch-up-turns.js';

/** As much as a frame: others have their turn in between. */
const READ_BYTES = 64 * 1024;

/** Adds compacted ranges for the deltas of a run to its log. Does nothing if the log was erased. */
export async function compactRun(
  logs: Pick<LogStore, 'read' | 'compact'>,
  { run_id, log_id, cursor }: Pick<RunRecord, 'run_id' | 'log_id' | 'cursor'>,
  turns: Pick<CatchUpTurns, 'run'>,
): Promise<void> {
  const begin = decodeCursor(cursor);
  if (!begin) return;
  const finder = new RangeFinder(run_id);
  const seen: ThreadHead[] = [];
  let after = begin.offset;
  /** Reads on. Returns the last offset that was read; undefined if the log was erased. */
  const readOn = async () => {
    const { head, batches } = await logs.read(log_id, after, { maxBytes: READ_BYTES });
    if (head.epoch !== begin.epoch) return undefined;
    seen.push(head);
    for (const batch of batches) {
      for (let offset = Math.max(batch.first, after + 1); offset <= batch.last; offset += 1) {
        finder.add(offset, batch.text(offset, offset));
      }
    }
    return batches.at(-1)?.last ?? after;
  };
  for (let more = true; more && !finder.complete; ) {
    const last = await turns.run(readOn);
    if (last === undefined) return;
    more = last > after;
    after = last;
  }
  const ranges = finder.ranges().map(({ first, last, data }) => {
    return { first, last, event: JSON.stringify([RUN_EVENTS.message, data]) };
  });
  // mutant: a-range-of-lost-events-is-kept
  if (ranges.length > 0) await logs.compact(log_id, begin.epoch, ranges, seen);
}
