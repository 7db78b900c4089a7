import { expect, test } from 'vitest';
import { record } from './rows.fixture.js';
import { rowOfRecord } from './session-row.js';

test('a session in the store is shown as its record has it', () => {
  expect(rowOfRecord(record('a', { position: 'epoch.7.tag', user_id: 'alice' }))).toEqual({
    session_id: 'a',
    thread_id: 'a-thread',
    user_id: 'alice',
    protocol: 2,
    status: 'disconnected',
    transport: 'websocket',
    node: 'here',
    remote_address: null,
    connected_at: 1_000,
    last_activity: 1_000,
    offset: 7,
    head: null,
    lag: null,
    waiting: null,
    rtt_ms: null,
    expires_at: 3_000,
    finding: null,
  });
});

test('a v1 session is shown under the id of its socket, and a long user id by its beginning', () => {
  const row = rowOfRecord(record('a', { dialect: 1, user_id: 'u'.repeat(10_000) }));
  expect([row.session_id, row.user_id]).toEqual(['socket of a', `${'u'.repeat(256)}…`]);
});
