/** Reads the batches that are in the journal and not in `logs` back into memory at a start. */

import type { Environment } from './environment.js';
import { decodeJournal } from './journal.js';
import { epochOfLogKey, sequenceOfJournalKey } from './keys.js';
import { damaged } from './record.js';
import { logEnd, readThread } from './thread-record.js';
import { Unsettled } from './unsettled.js';

export interface JournalContents {
  readonly unsettled: Unsettled;
  /** The number of the journal's oldest part; the one after `newest` if it is empty. */
  readonly oldest: number;
  readonly newest: number;
}

/** Throws a coded error if a batch of the journal does not continue its log. */
export function readJournal(environment: Environment): JournalContents {
  const unsettled = new Unsettled();
  /** Where each log ends, with what has been read so far; undefined for one that has been erased. */
  const ends = new Map<string, number | undefined>();
  let oldest: number | undefined;
  let newest = 0;
  for (const { key, value } of environment.range('journal', {})) {
    newest = sequenceOfJournalKey(key);
    oldest ??= newest;
    for (const { thread_id, key: logKey, batch, messages } of decodeJournal(key, value)) {
      const epoch = epochOfLogKey(logKey);
      if (!ends.has(epoch)) ends.set(epoch, endOf(environment, thread_id, epoch));
      const end = ends.get(epoch);
      // Erased, moved to `logs` or trimmed before the journal was cleared of it.
      // mutant: what-has-moved-is-taken-from-the-journal-again
      if (end === undefined || batch.last <= end) continue;
      if (batch.first !== end + 1) {
        throw damaged(key, `offset ${batch.first} of '${thread_id}' follows offset ${end}`);
      }
      unsettled.add(epoch, { batch, messages });
      ends.set(epoch, batch.last);
    }
  }
  return { unsettled, oldest: oldest ?? newest + 1, newest };
}

function endOf(environment: Environment, thread_id: string, epoch: string): number | undefined {
  const record = readThread(environment, thread_id);
  return record?.epoch === epoch
    ? Math.max(logEnd(environment, record).offset, record.base)
    : undefined;
}
