/** What may go wrong with any request: each case changes a granted one. */

import type { Expected } from './recorder.js';
import type { Granted } from './requests.js';
import type { ApiRequest } from './send.js';
import { THREAD } from './stages.js';

export interface Case {
  readonly request: ApiRequest;
  readonly expected: Expected;
  /** Why a request that is refused as bad is as described all the same. */
  readonly isOdd?: string;
}

const FORBIDDEN: Expected = { status: 403, code: 'authorisation' };
/** What the tokens of the test get. */
const TOKENS: readonly [token: string, expected: Expected][] = [
  ['expired', { status: 401, code: 'token_expired' }],
  ['unknown', { status: 401, code: 'unauthenticated' }],
  ['forbidden', FORBIDDEN],
  ['outage', { status: 503, code: 'unavailable' }],
];
/** Above the largest body of any route. */
const LARGE = 'x'.repeat(400_000);

export function casesOf({ request, asks }: Granted): readonly Case[] {
  const { path, headers, body } = request;
  const withHeaders = (more: Readonly<Record<string, string>>): ApiRequest => ({
    ...request,
    headers: { ...headers, ...more },
  });
  const hasThread = path.startsWith('/threads/') || path.startsWith('/debug/threads/');
  const hasSession = /^\/(debug\/)?sessions\//.test(path);
  return [
    {
      request: withHeaders({ host: 'elsewhere.example' }),
      expected: FORBIDDEN,
    },
    ...(asks === 'token'
      ? TOKENS.map(([token, expected]) => ({
          request: withHeaders({ authorization: `Bearer ${token}` }),
          expected,
        }))
      : []),
    ...(hasThread ? badThread(request) : []),
    ...(hasSession ? [malformed(request, /sessions\/[^/?]+/, 'sessions')] : []),
    ...(body === undefined ? [] : badBody(request)),
  ];
}

const malformed = (request: ApiRequest, part: RegExp, name: string): Case => ({
  request: { ...request, path: request.path.replace(part, `${name}/%E0%A4%A`) },
  expected: { status: 400, code: 'bad_request' },
});

const badThread = (request: ApiRequest): readonly Case[] => [
  malformed(request, /threads\/[^/?]+/, 'threads'),
  {
    request: { ...request, path: request.path.replace(/threads\/[^/?]+/, 'threads/no%20name') },
    expected: { status: 400, code: 'bad_thread_id' },
  },
];

const badBody = (request: ApiRequest): readonly Case[] => [
  {
    request: { ...request, text: '{"title":', body: undefined },
    expected: { status: 400, code: 'bad_request' },
  },
  {
    request: { ...request, headers: { ...request.headers, 'content-type': 'text/plain' } },
    expected: { status: 415, code: 'unsupported_media_type' },
  },
  {
    request: { ...request, text: JSON.stringify(LARGE), body: undefined },
    expected: { status: 413, code: 'too_large' },
  },
  { request: { ...request, isCut: true }, expected: { status: 408, code: 'request_timeout' } },
];

const RIGHT = { authorization: 'Bearer right' };
const get = (path: string): ApiRequest => ({ method: 'GET', path, headers: RIGHT });
const send = (method: string, path: string, body: unknown, more = {}): ApiRequest => ({
  method,
  path,
  body,
  headers: { ...RIGHT, ...more },
});
const bad = (request: ApiRequest, code = 'bad_request', isOdd?: string): Case => ({
  request,
  expected: { status: 400, code },
  ...(isOdd !== undefined && { isOdd }),
});
const ALL = { thread_id: THREAD, user_input: 'Hello' };
const EVENT = { event: 'note', data: 1 };
const EVENTS = `/threads/${THREAD}/events`;

/** Requests that are not as described, each in one place, and some that are at the edge and are granted. */
export const LIMIT_CASES: readonly Case[] = [
  bad(send('POST', '/havefun', { ...ALL, thread_id: 'no name' }), 'bad_thread_id'),
  bad(send('POST', '/havefun', { user_input: 'Hello' }), 'bad_thread_id'),
  bad(send('POST', '/havefun', { ...ALL, user_input: ' \n' })),
  bad(send('POST', '/havefun', { ...ALL, user_input: 'x'.repeat(65_537) })),
  bad(send('POST', '/havefun', { ...ALL, user_id: 'x'.repeat(257) })),
  bad(send('POST', '/havefun', { ...ALL, use_websocket: 'yes' })),
  bad(send('POST', '/havefun', { ...ALL, policy: 'wait' })),
  bad(send('POST', '/havefun', { ...ALL, message_id: 'two words' })),
  bad(send('POST', '/havefun', ALL, { 'idempotency-key': 'two words' })),
  bad(
    send('POST', '/havefun', { ...ALL, message_id: 'one' }, { 'idempotency-key': 'other' }),
    'bad_request',
    'no schema compares the body with a header field',
  ),
  bad(send('POST', EVENTS, { ...EVENT, event: 'no name' })),
  bad(send('POST', EVENTS, { event: 'note' })),
  bad(
    send('POST', EVENTS, { ...EVENT, event: 'run_started' }),
    'bad_request',
    'the reserved names are in words',
  ),
  bad(get(`${EVENTS}?since=then`)),
  bad(get(`${EVENTS}?limit=0`)),
  bad(get(`${EVENTS}?limit=10000`)),
  bad(get(`${EVENTS}?as=lines`)),
  bad(get('/threads?limit=201')),
  bad(get('/threads?limit=0')),
  bad(get('/threads?cursor=here')),
  bad(get(`/threads?user_id=${'x'.repeat(257)}`)),
  bad(send('PATCH', `/threads/${THREAD}`, {})),
  bad(send('PATCH', `/threads/${THREAD}`, { title: '' })),
  bad(send('PATCH', `/threads/${THREAD}`, { title: 'x'.repeat(257) })),
  bad(send('PATCH', `/threads/${THREAD}`, { metadata: null })),
  bad(send('POST', '/revocations', {})),
  bad(send('POST', '/revocations', { user_id: 'a', thread_id: 'b' })),
  bad(send('POST', '/revocations', { thread_id: 'no name' }), 'bad_thread_id'),
  bad(send('POST', '/revocations', { session_id: 'short' })),
  bad(send('POST', '/debug/actions', {})),
  bad(send('POST', '/debug/actions', { action: 'restart', session_id: 'none' })),
  bad(send('POST', '/debug/actions', { action: 'ping', session_id: 'no name' })),
  bad(send('POST', '/debug/actions', { action: 'detail', thread_id: 't', minutes: 61 })),
  bad(send('POST', '/debug/actions', { action: 'erase', thread_id: 'no name' }), 'bad_thread_id'),
  bad(send('POST', '/debug/detail', { minutes: 1 })),
  bad(send('POST', '/debug/detail', { thread_id: THREAD, minutes: 61 })),
  bad(send('POST', '/debug/detail', { thread_id: 'no name', minutes: 1 }), 'bad_thread_id'),
  bad(
    send('DELETE', '/debug/detail', undefined),
    'bad_request',
    'that there is exactly one is in words',
  ),
  bad(send('DELETE', '/debug/detail?thread_id=no%20name', undefined), 'bad_thread_id'),
  { request: get('/threads?limit=200'), expected: { status: 200 } },
  {
    request: send('PATCH', `/threads/${THREAD}`, { title: 'x'.repeat(256) }),
    expected: { status: 200 },
  },
  { request: send('PATCH', `/threads/${THREAD}`, { title: null }), expected: { status: 200 } },
  {
    request: send('POST', '/revocations', { user_id: 'nobody', thread_id: null }),
    expected: { status: 200 },
  },
  {
    request: send('POST', EVENTS, EVENT, { 'idempotency-key': '"quoted"' }),
    expected: { status: 200 },
  },
  {
    request: send('POST', EVENTS, { event: 'note', data: 2 }, { 'idempotency-key': 'quoted' }),
    expected: { status: 422, code: 'message_id_reused' },
  },
];

/** The same for `/debug`, in development. */
export const DEBUG_LIMIT_CASES: readonly Case[] = [
  '/debug/websocket-sessions?api_key=KEY&limit=0',
  '/debug/all-sessions?limit=1001',
  '/debug/thread-sessions?limit=0&thread_id=t',
  '/debug/sessions?sate=active',
  '/debug/sessions?state=expired',
  '/debug/sessions?transport=sse',
  '/debug/sessions?protocol=3',
  '/debug/sessions?node=',
  `/debug/sessions?q=${'x'.repeat(257)}`,
  '/debug/sessions/none?limit=1',
  '/debug/threads/t?after=x',
  '/debug/threads/t/runs?after=x',
  '/debug/nodes?limit=1',
  '/debug/history?limit=1',
  '/debug/runs?limit=0',
  '/debug/threads/t/log?from=0',
  '/debug/threads?q=no%20name',
  '/debug/live?sort=name',
  '/debug/live?from=-1',
  '/debug/live?finding=none',
  '/debug/live?limit=101',
  '/debug/live?state=expired',
  '/debug/threads/t/trace?limit=10001',
  '/debug/users/alice/trace?format=xml',
  '/debug/users/alice/findings?limit=1',
].map((path) => bad({ method: 'GET', path }));

export const DEBUG_THREAD_CASES: readonly Case[] = [
  '/debug/thread-sessions',
  '/debug/thread-sessions?thread_id=no%20name',
  '/debug/runs?thread_id=no%20name',
  '/debug/sessions?thread_id=no%20name',
  '/debug/live?thread_id=no%20name',
].map((path) => bad({ method: 'GET', path }, 'bad_thread_id'));
