/**
 * The replies of a thread: the store has all of them, and the servers know more of those that are open or ended last.
 */

import type { Run, ThreadRuns } from './answers.js';

export interface ThreadReply
  extends Pick<Run, 'run_id' | 'node' | 'published' | 'started_at' | 'ended_at'> {
  /** `waiting`, `running`, or how it ended. */
  readonly state: string;
  readonly isOpen: boolean;
  /** Null where no server remembers it. So are the next two. */
  readonly user_id: string | null;
  readonly first_part_ms: number | null;
  readonly error: string | null;
}

/** @param recent what servers remember; the thread's order stays */
export function threadReplies(
  { runs }: ThreadRuns,
  recent: readonly Run[],
): readonly ThreadReply[] {
  const known = new Map(recent.map((run) => [run.run_id, run]));
  return runs.map(({ status, ...run }) => {
    const {
      user_id = null,
      first_part_ms = null,
      error = null,
      state,
    } = known.get(run.run_id) ?? {};
    const isOpen = status === 'running';
    const shown = isOpen && state === 'waiting' ? state : status;
    return { ...run, state: shown, isOpen, user_id, first_part_ms, error };
  });
}
