/** The list of threads agrees with the threads' records and their runs (R35). */

import { decodeCursor } from '../../../packages/protocol/src/cursor.js';
import { placeWrites } from '../../../packages/server/src/stores/lmdb/entry-writes.js';
import { decodeJson } from '../../../packages/server/src/stores/lmdb/record.js';
import type { ThreadRecord } from '../../../packages/server/src/stores/lmdb/thread-record.js';
import type { RunRecord } from '../../../packages/server/src/stores/store.js';
import type { Disk } from '../disk/disk.js';
import type { Checker } from './checker.js';

export function checkThreadList({ tables }: Pick<Disk, 'tables'>, checker: Checker): void {
  const records = new Map<string, ThreadRecord>();
  const expected: string[] = [];
  for (const { key, value } of tables.threads.range({})) {
    const thread_id = key.toString('utf8');
    const record = decodeJson<ThreadRecord>(key, value);
    records.set(thread_id, record);
    for (const place of placeWrites(thread_id, undefined, record.entry)) {
      expected.push(place.key.toString('hex'));
    }
  }
  const listed = tables.thread_list.range({}).map(({ key }) => key.toString('hex'));
  checker.expect(listed.join() === expected.sort().join(), 'I12', () => {
    return `the list has ${listed.length} places, the threads have ${expected.length}: ${listed} / ${expected}`;
  });

  for (const { key, value } of tables.runs.range({})) {
    const { run_id, thread_id, log_id, cursor, ended_at } = decodeJson<RunRecord>(key, value);
    const record = records.get(thread_id);
    // A run from before an erasure of its thread does not concern the new incarnation.
    const isOfThisEpoch = record?.epoch === decodeCursor(cursor)?.epoch;
    if (log_id !== thread_id || !record || !isOfThisEpoch || ended_at === null) continue;
    const activity = record.entry?.last_activity ?? Number.NEGATIVE_INFINITY;
    checker.expect(activity >= Math.floor(ended_at), 'I7', () => {
      return `run ${run_id} ended at ${ended_at}, and its thread was last active at ${activity}`;
    });
  }
}
