/** The writes that keep `thread_list` in step with the entries that stand in the threads' records. */

import type { StoredEntry } from '../stored-entry.js';
import type { Operation } from './environment.js';
import { listKey, scopeOf } from './list-keys.js';

/** The value of an index entry; the key holds the information. */
const MARK = Buffer.of(1);

/** Moves a thread from where one entry puts it to where the other does; undefined is nowhere. */
export const placeWrites = (
  thread_id: string,
  before: StoredEntry | undefined,
  after: StoredEntry | undefined,
): readonly Operation[] =>
  before && after && isAtSamePlace(before, after)
    ? []
    : [
        ...(before ? placesOf(thread_id, before, null) : []),
        ...(after ? placesOf(thread_id, after, MARK) : []),
      ];

const isAtSamePlace = (one: StoredEntry, other: StoredEntry): boolean =>
  one.last_activity === other.last_activity && one.user_id === other.user_id;

function placesOf(
  thread_id: string,
  { last_activity, user_id }: StoredEntry,
  value: Buffer | null,
): readonly Operation[] {
  const scopes = [scopeOf(undefined), ...(user_id === null ? [] : [scopeOf(user_id)])];
  return scopes.map((scope) => {
    return { table: 'thread_list', key: listKey(scope, { last_activity, thread_id }), value };
  });
}
