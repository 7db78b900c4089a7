/** Removes the sessions of an erased thread. */

import type { SessionStore } from '../stores/store.js';

const SESSIONS_PER_PAGE = 200;

/** Removes the records of a thread's sessions that are without a connection, tombstones included. */
export async function forgetSessions(sessions: SessionStore, thread_id: string): Promise<void> {
  for (let after = ''; ; ) {
    const page = await sessions.ofThread(thread_id, after, SESSIONS_PER_PAGE);
    for (const { session_id, generation, state } of page) {
      // A session that resumes at this moment has another generation, and stays.
      if (state !== 'connected') await sessions.remove(session_id, generation);
    }
    const last = page.at(-1);
    if (!last || page.length < SESSIONS_PER_PAGE) return;
    after = last.session_id;
  }
}
