/** Where the followers of a thread are in a part of its log. */

import type { LogWindow, SessionDetails } from './answers.js';

export type Follower = Pick<SessionDetails, 'session_id' | 'user_id' | 'offset'>;

export interface Cursors {
  /** By the offset of the event that was acknowledged last. */
  readonly at: ReadonlyMap<number, readonly Follower[]>;
  /** How many have not acknowledged the first event of this part. */
  readonly before: number;
  /** How many have acknowledged more than its last one. */
  readonly behind: number;
}

export function cursorsIn(followers: readonly Follower[], { events }: LogWindow): Cursors {
  const first = events[0]?.offset ?? 1;
  const last = events.at(-1)?.offset ?? 0;
  const at = new Map<number, Follower[]>();
  for (const follower of followers) {
    // Events of a finished reply may be one by now: its cursor is in the middle of that.
    const row = events.findLast(({ offset }) => offset <= follower.offset);
    if (!row || follower.offset > last) continue;
    at.set(row.offset, [...(at.get(row.offset) ?? []), follower]);
  }
  return {
    at,
    before: followers.filter(({ offset }) => offset < first).length,
    behind: followers.filter(({ offset }) => offset > last).length,
  };
}
