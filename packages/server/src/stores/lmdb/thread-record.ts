/** A thread's record in the `threads` table, and the end of its log. */

import { NO_TAG } from '@session-monitor/protocol';
import type { EventBatch, EventsWanted } from '../event-batch.js';
import type { ThreadHead } from '../store.js';
import type { StoredEntry } from '../stored-entry.js';
import type { Environment, Operation } from './environment.js';
import { epochRange, logKey, nameKey, offsetOfLogKey } from './keys.js';
import { decodeBatch, decodeJson, encodeJson } from './record.js';

export interface ThreadRecord {
  readonly epoch: string;
  /** Events up to here are trimmed. */
  readonly base: number;
  readonly baseTag: string;
  /** When the thread was created, or last lost events; milliseconds since 1970. */
  readonly touchedAt: number;
  readonly previous?: NonNullable<ThreadHead['previous']>;
  /** Its entry in the list of threads; undefined if it is not in the list. */
  readonly entry?: StoredEntry;
}

/** The end of a log: what the next batch continues. */
export interface LogEnd {
  readonly offset: number;
  readonly tag: string;
  readonly cumulativeBytes: number;
}

export function readThread(environment: Environment, thread_id: string): ThreadRecord | undefined {
  const key = nameKey(thread_id);
  const value = environment.get('threads', key);
  return value && decodeJson<ThreadRecord>(key, value);
}

export function writeThread(thread_id: string, record: ThreadRecord): Operation {
  const key = nameKey(thread_id);
  return { table: 'threads', key, value: encodeJson(key, record) };
}

export const newThread = (
  epoch: string,
  touchedAt: number,
  previous?: ThreadRecord['previous'],
): ThreadRecord => ({
  epoch,
  base: 0,
  baseTag: NO_TAG,
  touchedAt,
  ...(previous && { previous }),
});

/** The newest batch of an epoch, checksum verified. */
export function newestBatch(environment: Environment, epoch: string): EventBatch | undefined {
  return batchAtOrBefore(environment, epoch, Number.MAX_SAFE_INTEGER);
}

/** The batch that begins at or before an offset. */
export function batchAtOrBefore(
  environment: Environment,
  epoch: string,
  offset: number,
): EventBatch | undefined {
  const { start: end } = epochRange(epoch);
  const start = logKey(epoch, offset);
  for (const entry of environment.range('logs', { start, end, reverse: true, limit: 1 })) {
    return decodeBatch(entry.key, entry.value).batch;
  }
  return undefined;
}

/**
 * Consecutive batches of an epoch, from the one that begins at `from`, as long as their records
 * together stay below `maxBytes`. A record is decoded only if the caller gets it.
 */
export function batchesFrom(
  environment: Environment,
  epoch: string,
  { from, to, maxBytes }: EventsWanted,
): readonly EventBatch[] {
  const batches: EventBatch[] = [];
  const { end } = epochRange(epoch);
  let bytes = 0;
  let next = from;
  for (const { key, value } of environment.range('logs', { start: logKey(epoch, from), end })) {
    if (next > to) break;
    bytes += value.length;
    if (bytes > maxBytes || offsetOfLogKey(key) !== next) break;
    const { batch } = decodeBatch(key, value);
    batches.push(batch);
    next = batch.last + 1;
  }
  return batches;
}

export function logEnd(environment: Environment, record: ThreadRecord): LogEnd {
  const newest = newestBatch(environment, record.epoch);
  return newest ? endAt(newest) : { offset: record.base, tag: record.baseTag, cumulativeBytes: 0 };
}

/** The end of a log whose newest batch this is. */
export const endAt = ({ last, tag, cumulativeBytes }: EventBatch): LogEnd => ({
  offset: last,
  tag,
  cumulativeBytes,
});

export function headOf(
  { epoch, base, baseTag, previous }: ThreadRecord,
  { offset, tag }: LogEnd,
): ThreadHead {
  // One object shape for almost all heads, because one is made for each thread and commit.
  const head = { epoch, offset, tag, base, baseTag };
  return previous ? { ...head, previous } : head;
}
