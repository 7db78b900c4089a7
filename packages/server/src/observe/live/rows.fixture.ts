/** Rows for tests of the live lists. */

import type { SessionRecord } from '../../stores/store.js';
import type { NamedRow, SessionRow } from './session-row.js';

export const row = (session_id: string, more: Partial<SessionRow> = {}): SessionRow => ({
  session_id,
  thread_id: 'a-thread',
  user_id: null,
  protocol: 2,
  status: 'active',
  transport: 'websocket',
  node: 'here',
  remote_address: '203.0.113.7',
  connected_at: 1_000,
  last_activity: 1_000,
  offset: 1,
  head: 1,
  lag: 0,
  waiting: null,
  rtt_ms: 20,
  expires_at: null,
  finding: null,
  ...more,
});

export const named = (id: string, more: Partial<SessionRow> = {}, generation = 1): NamedRow => ({
  id,
  generation,
  row: row(id, more),
});

export const record = (session_id: string, more: Partial<SessionRecord> = {}): SessionRecord => ({
  session_id,
  dialect: 2,
  secret: 'secret',
  thread_id: 'a-thread',
  user_id: null,
  instance: 'instance',
  attempt: 1,
  generation: 1,
  created_at: 1_000,
  node: 'here',
  start: 'epoch.0.tag',
  position: 'epoch.0.tag',
  stay: {
    connection: `socket of ${session_id}`,
    transport: 'websocket',
    connected_at: 1_000,
    active_at: 1_000,
    pinged_at: null,
  },
  state: 'disconnected',
  since: 2_000,
  due_at: 3_000,
  ...more,
});
