import { expect, test } from 'vitest';
import { matchRoute, type RoutePattern } from './router.js';

const ROUTES: readonly RoutePattern[] = [
  { method: 'GET', path: '/' },
  { method: 'POST', path: '/havefun' },
  { method: 'GET', path: '/threads/:thread_id/events' },
  { method: 'POST', path: '/threads/:thread_id/events' },
  { method: 'DELETE', path: '/threads/:thread_id' },
];

test('finds the route and what stands in place of its colons', () => {
  expect(matchRoute(ROUTES, 'POST', '/havefun')).toMatchObject({ kind: 'found', params: {} });
  expect(matchRoute(ROUTES, 'DELETE', '/threads/a%3Ab')).toMatchObject({
    kind: 'found',
    params: { thread_id: 'a:b' },
  });
  expect(matchRoute(ROUTES, 'HEAD', '/threads/t/events')).toMatchObject({
    kind: 'found',
    route: { method: 'GET' },
  });
});

test('tells a wrong method from a path that there is not, and from one that is no text', () => {
  expect(matchRoute(ROUTES, 'PUT', '/threads/t/events')).toEqual({
    kind: 'wrong_method',
    allowed: ['GET', 'HEAD', 'POST'],
  });
  for (const path of ['/threads', '/threads/', '/threads//events', '/havefun/', '/x', '//']) {
    expect([path, matchRoute(ROUTES, 'GET', path).kind]).toEqual([path, 'not_found']);
  }
  expect(matchRoute(ROUTES, 'DELETE', '/threads/%E0%A4%A').kind).toBe('malformed');
});
