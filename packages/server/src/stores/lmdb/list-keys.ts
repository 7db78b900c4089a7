/**
 * Keys of `thread_list`, ordered by last activity: one among all threads for each entry, and one among the threads of
 * its owner.
 */

import { createHash } from 'node:crypto';
import type { ThreadPlace } from '../store.js';

const ALL = Buffer.of(0);
const OWNED = Buffer.of(1);
const ACTIVITY_BYTES = 8;
/** Behind every activity. */
const END = Buffer.alloc(ACTIVITY_BYTES + 1, 0xff);

/** What the keys of all threads, or of one owner's, begin with. A user id is hashed: LMDB refuses long keys. */
export const scopeOf = (user_id: string | undefined): Buffer =>
  user_id === undefined
    ? ALL
    : Buffer.concat([OWNED, createHash('sha256').update(user_id).digest()]);

export function listKey(scope: Buffer, { last_activity, thread_id }: ThreadPlace): Buffer {
  const activity = Buffer.alloc(ACTIVITY_BYTES);
  activity.writeBigUInt64BE(BigInt(Math.max(0, last_activity)));
  return Buffer.concat([scope, activity, Buffer.from(thread_id, 'utf8')]);
}

/** The keys of a scope behind a place, in the order of the list: downwards. The place itself may be the first. */
export const listRange = (scope: Buffer, after: ThreadPlace | undefined) => ({
  start: after ? listKey(scope, after) : Buffer.concat([scope, END]),
  end: scope,
  reverse: true,
});

export const threadOfListKey = (scope: Buffer, key: Buffer): string =>
  key.toString('utf8', scope.length + ACTIVITY_BYTES);
