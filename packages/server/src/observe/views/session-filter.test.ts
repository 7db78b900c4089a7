import { expect, test } from 'vitest';
import { type FilteredSession, matches, type SessionFilter } from './session-filter.js';

const session: FilteredSession = {
  session_id: 'Zs3-session',
  thread_id: 'alice:one',
  user_id: 'alice',
  status: 'idle',
  transport: 'websocket',
  node: 'node-1',
  protocol: 2,
};
const isShown = (filter: SessionFilter, more: Partial<FilteredSession> = {}) =>
  matches(filter, { ...session, ...more }, () => '203.0.113.7');

test.each<[filter: SessionFilter, other: SessionFilter]>([
  [{ thread_id: 'alice:one' }, { thread_id: 'alice' }],
  [{ user_id: 'alice' }, { user_id: 'ali' }],
  [{ state: 'idle' }, { state: 'active' }],
  [{ transport: 'websocket' }, { transport: 'polling' }],
  [{ node: 'node-1' }, { node: 'node' }],
  [{ protocol: 2 }, { protocol: 1 }],
  [{ q: 'Zs3' }, { q: 's3' }],
  [{ q: 'alice:' }, { q: 'one' }],
  [{ q: 'alice' }, { q: 'Alice' }],
  [{ q: '203.0.' }, { q: '0.113' }],
])('shows a session for %o, and not for %o', (filter, other) => {
  expect([isShown(filter), isShown(other)]).toEqual([true, false]);
});

test('shows all sessions without a filter, and only those that fit all of several', () => {
  expect(isShown({})).toBe(true);
  expect(isShown({ user_id: 'alice', state: 'idle', q: 'Zs3' })).toBe(true);
  expect(isShown({ user_id: 'alice', state: 'active', q: 'Zs3' })).toBe(false);
});

test('a session without a user, or without a known address, has nothing that begins with a text', () => {
  expect(isShown({ user_id: 'null' }, { user_id: null })).toBe(false);
  const anonymous = { ...session, user_id: null, session_id: 'x', thread_id: 'x' };
  expect(matches({ q: 'n' }, anonymous, () => null)).toBe(false);
});
