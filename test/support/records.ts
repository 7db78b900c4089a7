/** Records as a server writes them to its store. */

import type { Store } from '@session-monitor/server';

type SessionRecord = Parameters<Store['sessions']['put']>[0];

/** A run of the thread `t`. */
export const newRun = (run_id: string) => ({
  run_id,
  thread_id: 't',
  log_id: 't',
  started_at: 0,
  cursor: 'epoch.0.0',
  fingerprint: '',
  node: 'node',
  lease_until: 0,
});

/** A session of the thread `t`. */
export const newSession = (
  session_id: string,
  fields: Partial<SessionRecord> = {},
): SessionRecord => ({
  session_id,
  dialect: 2,
  secret: 'a-secret-of-some-length',
  thread_id: 't',
  user_id: null,
  instance: 'an-instance-of-some-length',
  attempt: 1,
  generation: 1,
  created_at: 0,
  node: 'node',
  start: 'epoch.0.0',
  position: 'epoch.0.0',
  stay: { connection: '', transport: 'polling', connected_at: 0, active_at: 0, pinged_at: null },
  state: 'connected',
  since: 0,
  due_at: null,
  ...fields,
});
