import { expect, test } from 'vitest';
import { hashOf, isFiltered, liveQueryOf, NO_QUERY, parseRoute, type Route } from './route.js';

const routes: readonly (readonly [hash: string, route: Route])[] = [
  ['#/', { page: 'overview' }],
  ['#/sessions', { page: 'sessions', query: NO_QUERY }],
  [
    '#/sessions?q=alice%3A&state=idle&sort=lag',
    { page: 'sessions', query: { ...NO_QUERY, q: 'alice:', state: 'idle', sort: 'lag' } },
  ],
  ['#/sessions/a-b_c', { page: 'session', session_id: 'a-b_c' }],
  ['#/threads', { page: 'threads', q: '' }],
  ['#/threads?q=bob', { page: 'threads', q: 'bob' }],
  ['#/threads/alice%3A1', { page: 'thread', thread_id: 'alice:1', from: null }],
  ['#/threads/t?from=70', { page: 'thread', thread_id: 't', from: 70 }],
  ['#/runs', { page: 'runs' }],
  ['#/file', { page: 'file' }],
  ['#/unknown', { page: 'unknown' }],
];

test.each(routes)('%s is a page, and back', (hash, route) => {
  expect(parseRoute(hash)).toEqual(route);
  expect(hashOf(route)).toBe(hash);
});

test.each([
  ['', 'overview'],
  ['#', 'overview'],
  ['#sessions', 'sessions'],
  ['#/nothing/here', 'unknown'],
  ['#/sessions/%E0%A4%A', 'session'],
])('the address %s is read, too', (hash, page) => {
  expect(parseRoute(hash).page).toBe(page);
});

test.each(['x', '-1', '0', '1e99'])('the offset %s is none', (from) => {
  expect(parseRoute(`#/threads/t?from=${from}`)).toMatchObject({ from: null });
});

test('a window of the list is asked for with what matters', () => {
  expect(liveQueryOf({ ...NO_QUERY, q: 'a b' }, 20, 100)).toBe(
    'q=a+b&sort=-connected_at&from=20&limit=100',
  );
  expect([isFiltered(NO_QUERY), isFiltered({ ...NO_QUERY, sort: 'lag' })]).toEqual([false, false]);
  expect(isFiltered({ ...NO_QUERY, node: 'one' })).toBe(true);
});
