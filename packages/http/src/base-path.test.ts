import { expect, test } from 'vitest';
import { pathsOf, queryOf } from './base-path.js';

test.each([
  ['at the root', { url: '/havefun?a=1' }, '/', ['/havefun']],
  ['below the base path', { url: '/chat/havefun?a=/x' }, '/chat', ['/havefun']],
  ['the base path itself', { url: '/chat' }, '/chat', ['/']],
  ['elsewhere', { url: '/chatter/havefun' }, '/chat', []],
  ['an empty address', { url: '' }, '/', ['/']],
  [
    'mounted by Express where it says',
    { url: '/havefun', originalUrl: '/chat/havefun', baseUrl: '/chat' },
    '/chat',
    ['/havefun', '/havefun'],
  ],
  [
    'mounted by Express elsewhere than it says',
    { url: '/havefun', originalUrl: '/chat/havefun', baseUrl: '/chat' },
    '/',
    ['/chat/havefun', '/havefun'],
  ],
  [
    'within a router of Express',
    { url: '/chat/havefun', originalUrl: '/api/chat/havefun', baseUrl: '/api' },
    '/api/chat',
    ['/havefun', '/chat/havefun'],
  ],
])('%s', (_name, request, basePath, paths) => {
  expect(pathsOf(request, basePath)).toEqual(paths);
});

test('the query is what stands behind the first question mark', () => {
  expect(['/x', '/x?', '/x?a=1?b'].map((url) => queryOf({ url }))).toEqual(['', '', 'a=1?b']);
});
