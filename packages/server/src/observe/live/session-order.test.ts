import { expect, test } from 'vitest';
import { named } from './rows.fixture.js';
import { orderOf, type SessionSort } from './session-order.js';

const sessions = [
  named('c', { lag: 7, user_id: 'bob', connected_at: 30 }),
  named('a', { lag: null, user_id: null, connected_at: 10 }),
  named('d', { lag: 0, user_id: 'alice', connected_at: 10 }),
  named('b', { lag: 7, user_id: 'bob', connected_at: 20 }),
];

test.each<[sort: SessionSort, ids: string]>([
  [{ field: 'connected_at', isDescending: true }, 'cbad'],
  [{ field: 'connected_at', isDescending: false }, 'adbc'],
  // Without a lag, or without a user, last in either direction.
  [{ field: 'lag', isDescending: true }, 'bcda'],
  [{ field: 'lag', isDescending: false }, 'dbca'],
  [{ field: 'user_id', isDescending: false }, 'dbca'],
  [{ field: 'user_id', isDescending: true }, 'bcda'],
])('orders by %o', (sort, ids) => {
  const sorted = [...sessions].sort(orderOf(sort));
  expect(sorted.map(({ id }) => id).join('')).toBe(ids);
});
