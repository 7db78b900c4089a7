/** An entry of the list of threads as it is kept, and what changes it. Pure; shared by stores that decide in memory. */

import type { ThreadChange, ThreadMetadata } from '@session-monitor/protocol';
import type { ThreadEntry, ThreadPlace, ThreadTouch } from './store.js';

export interface StoredEntry {
  /** Undefined if it was never set; null if it was removed. A removed title is not derived again. */
  readonly title?: string | null;
  readonly user_id: string | null;
  readonly metadata: ThreadMetadata;
  readonly created_at: number;
  readonly last_activity: number;
}

const newEntry = (at: number): StoredEntry => ({
  user_id: null,
  metadata: {},
  created_at: at,
  last_activity: at,
});

/**
 * The entry after an append; the same object if nothing changes.
 *
 * @param now milliseconds since 1970. A clock that was set back moves no thread back.
 */
export function touchEntry(
  entry: StoredEntry | undefined,
  { active, user_id, title }: ThreadTouch,
  now: number,
): StoredEntry {
  const at = Math.floor(now);
  const before = entry ?? newEntry(at);
  const moved = active === true && at > before.last_activity;
  const owned = user_id !== undefined && before.user_id === null;
  const titled = title !== undefined && before.title === undefined;
  if (!moved && !owned && !titled) return before;
  return {
    ...before,
    ...(moved && { last_activity: at }),
    ...(owned && { user_id }),
    ...(titled && { title }),
  };
}

/** The entry after an update. */
export const changeEntry = (
  entry: StoredEntry | undefined,
  change: ThreadChange,
  now: number,
): StoredEntry => ({ ...(entry ?? newEntry(Math.floor(now))), ...change });

/** What the list shows of an entry. */
export function shownEntry(
  thread_id: string,
  { title = null, user_id, metadata, created_at, last_activity }: StoredEntry,
  { head, running }: Pick<ThreadEntry, 'head' | 'running'>,
): ThreadEntry {
  return { thread_id, title, user_id, metadata, created_at, last_activity, head, running };
}

/** Orders places as the list does. */
export function comparePlaces(one: ThreadPlace, other: ThreadPlace): number {
  if (one.last_activity !== other.last_activity) return other.last_activity - one.last_activity;
  if (one.thread_id === other.thread_id) return 0;
  return one.thread_id > other.thread_id ? -1 : 1;
}
