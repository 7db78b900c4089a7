/** Every route and every event of a socket, as the matrix asks for it. */

import {
  CREDENTIALS,
  type Credential,
  type EngineRule,
  type HttpRule,
  type SocketRule,
} from './policy.js';

/** What requests are about: a thread of the right user. Only granted requests write, to the second one. */
export const KEPT = 'alice:kept';
export const WRITTEN = 'alice:written';
const ERASED = 'alice:erased';

/** Each reply has its own thread: the replies of one wait for each other. */
let threads = 0;
function newThread(): string {
  threads += 1;
  return `alice:${threads}`;
}

/** A thread that the other user's token grants. */
export const OF_OTHER = 'bob:own';

export const TITLE = 'Kept';
/** The id of a session that there is not. */
const NO_SESSION = 'no-session-0000000000';

export interface HttpVerb extends HttpRule {
  /** The pattern of the route. */
  readonly route: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What is sent about a thread. */
  readonly body?: (thread_id: string) => object;
  /** The thread of a granted request that writes. */
  readonly writes?: () => string;
}

export interface EngineVerb extends EngineRule {
  readonly name: string;
  /** What is asked on a connection that an honest client has opened. */
  readonly on?: 'poll' | 'post' | 'upgrade';
}

export interface SocketVerb extends SocketRule {
  readonly name: string;
  readonly event: string;
  readonly does: SocketAction;
}

/** What a connection does. */
type SocketAction =
  | 'register'
  | 'claim'
  | 'send'
  | 'send aside'
  | 'resume'
  | 'acknowledge'
  | 'ping'
  | 'leave'
  | 'answer a ping'
  | 'register (v1)'
  | 'join (v1)'
  | 'ask again (v1)'
  | 'ask for its status (v1)';

export type Verb = HttpVerb | EngineVerb | SocketVerb;

type Given = Omit<HttpVerb, 'over' | 'method' | 'route' | 'path' | 'asks' | 'admitted'> &
  Partial<Pick<HttpVerb, 'path' | 'asks' | 'admitted'>>;

const http = (method: string, route: string, given: Given = {}): HttpVerb => ({
  over: 'HTTP',
  method,
  asks: 'nothing',
  admitted: '200',
  route,
  path: route,
  ...given,
});

/** A route with GET has HEAD, too. */
const read = (route: string, given: Given = {}): readonly HttpVerb[] =>
  ['GET', 'HEAD'].map((method) => http(method, route, given));

const THREAD = '/threads/:thread_id';
const EVENTS = `${THREAD}/events`;
const PAGE = { accept: 'application/json' };
const PREFLIGHT = { 'access-control-request-method': 'DELETE' };

const THREAD_ROUTES: readonly HttpVerb[] = [
  http('POST', '/havefun', {
    asks: 'thread',
    writes: newThread,
    body: (thread_id) => ({ thread_id, user_input: 'Hello', use_websocket: true }),
  }),
  http('POST', `${THREAD}/runs/:run_id/cancel`, { asks: 'thread', admitted: '404 run_unknown' }),
  ...read(EVENTS, { asks: 'thread' }),
  http('GET', EVENTS, { asks: 'thread', headers: PAGE }),
  http('POST', EVENTS, {
    asks: 'thread',
    writes: () => WRITTEN,
    body: () => ({ event: 'note', data: 1 }),
  }),
  ...read('/threads', { asks: 'list' }),
  http('PUT', THREAD, { asks: 'thread', admitted: '204', writes: newThread }),
  ...read(THREAD, { asks: 'thread' }),
  http('PATCH', THREAD, {
    asks: 'thread',
    writes: () => WRITTEN,
    body: () => ({ title: 'Changed' }),
  }),
  http('DELETE', THREAD, { asks: 'thread', admitted: '204', writes: () => ERASED }),
  http('POST', '/revocations', { asks: 'administer', body: () => ({ user_id: 'mallory' }) }),
];

/** No token is the secret of a session: that one alone speaks for it. */
const REPORT_ROUTES: readonly HttpVerb[] = [
  http('POST', '/sessions/:session_id/report', {
    path: `/sessions/${NO_SESSION}/report`,
    admitted: '401 unauthenticated',
    body: () => ({ diagnostics: {} }),
  }),
  http('POST', '/debug/sessions/:session_id/report-request', {
    asks: 'administer',
    path: `/debug/sessions/${NO_SESSION}/report-request`,
    admitted: '404 session_unknown',
  }),
];

const DEBUG_ROUTES: readonly HttpVerb[] = [
  ['/debug/websocket-sessions', 'debug, with a key'] as const,
  ['/debug/all-sessions', 'debug'] as const,
  ['/metrics', 'debug'] as const,
  ['/debug/thread-sessions', 'debug', `/debug/thread-sessions?thread_id=${KEPT}`] as const,
].flatMap(([route, asks, path = route]) => [
  ...read(route, { asks, path }),
  http('GET', route, { asks, path, keyInUrl: true }),
]);

/** Behind the same gate. */
const TRACE_ROUTES: readonly HttpVerb[] = [
  http('GET', '/debug/threads/:thread_id/trace', { asks: 'debug' }),
  http('GET', '/debug/users/:user_id/trace', { asks: 'debug', path: '/debug/users/alice/trace' }),
  http('GET', '/debug/sessions/:session_id/trace', {
    asks: 'debug',
    path: `/debug/sessions/${NO_SESSION}/trace`,
  }),
  http('GET', '/debug/detail', { asks: 'debug' }),
  http('POST', '/debug/detail', {
    asks: 'administer',
    body: () => ({ session_id: NO_SESSION, minutes: 1 }),
  }),
  http('GET', '/debug/actions', { asks: 'debug', isAction: true }),
  http('GET', '/debug/threads/:thread_id/payloads', {
    asks: 'administer',
    isPayload: true,
    isStrict: true,
  }),
  http('POST', '/debug/actions', {
    asks: 'administer',
    isAction: true,
    body: () => ({ action: 'detail', session_id: NO_SESSION, minutes: 1 }),
  }),
  http('DELETE', '/debug/detail', {
    asks: 'administer',
    path: `/debug/detail?session_id=${NO_SESSION}`,
  }),
];

const DEBUG_VIEWS: readonly HttpVerb[] = [
  { route: '/debug/sessions' },
  // There is none: a caller with access learns that, and no other caller does.
  { route: '/debug/sessions/:session_id', admitted: '404 session_unknown' },
  { route: '/debug/threads' },
  { route: '/debug/threads/:thread_id' },
  { route: '/debug/threads/:thread_id/runs' },
  { route: '/debug/threads/:thread_id/log' },
  { route: '/debug/runs' },
  { route: '/debug/nodes' },
  { route: '/debug/sessions/:session_id/findings', admitted: '404 session_unknown' },
  { route: '/debug/threads/:thread_id/findings' },
  { route: '/debug/users/:user_id/findings' },
  { route: '/debug/history' },
  { route: '/debug/live' },
].flatMap(({ route, ...more }) => {
  const given = {
    asks: 'debug',
    isStrict: true,
    path: route.replace(':session_id', 'none'),
  } as const;
  return [
    ...read(route, { ...given, ...more }),
    http('GET', route, { ...given, ...more, keyInUrl: true }),
  ];
});

const COUNTS = { for: 'debug', text: 'with counts' } as const;
const PROCESS = { for: 'this machine', text: 'with the process' } as const;

const PUBLIC_ROUTES: readonly HttpVerb[] = [
  ...read('/healthz', { extra: COUNTS }),
  ...read('/readyz'),
  ...read('/session_monitor.js'),
  ...read('/openapi.json'),
  ...read('/', { isDemo: true }),
  ...read('/demo/:asset', { isDemo: true }),
  ...read('/dashboard', { isDashboard: true }),
  ...read('/dashboard/:asset', { isDashboard: true }),
].map((verb) => ({ ...verb, isPublic: true }));

const ROUTES = [
  ...THREAD_ROUTES,
  ...DEBUG_ROUTES,
  ...DEBUG_VIEWS,
  ...TRACE_ROUTES,
  ...REPORT_ROUTES,
  ...PUBLIC_ROUTES,
  ...read('/demo.json', { isDemo: true, extra: PROCESS }),
];

/** The routes that the table knows. */
export const KNOWN_ROUTES: readonly string[] = ROUTES.filter(({ method }) => method !== 'HEAD').map(
  ({ method, route }) => `${method} ${route}`,
);

/** What is no route. */
const OTHER_REQUESTS: readonly HttpVerb[] = [
  http('OPTIONS', EVENTS, { admitted: '204', headers: PREFLIGHT }),
  http('OPTIONS', '/healthz', { admitted: '204', headers: PREFLIGHT, isPublic: true }),
  http('OPTIONS', '/revocations', { admitted: '405 method_not_allowed' }),
  http('PUT', EVENTS, { admitted: '405 method_not_allowed', body: () => ({}) }),
  http('POST', '/debug/all-sessions', { admitted: '405 method_not_allowed', body: () => ({}) }),
  http('GET', '/nothing', { isNowhere: true }),
];

const engine = (
  transport: EngineVerb['transport'],
  name: string,
  on?: EngineVerb['on'],
): EngineVerb => ({
  over: 'Engine.IO',
  transport,
  name,
  admitted: 'open',
  ...(on !== undefined && { on }),
});

const ENGINE_VERBS: readonly EngineVerb[] = [
  engine('polling', 'handshake'),
  engine('websocket', 'handshake'),
  engine('polling', 'poll', 'poll'),
  engine('polling', 'post', 'post'),
  engine('websocket', 'upgrade', 'upgrade'),
];

const socket = (
  event: string,
  does: SocketAction,
  asks: SocketVerb['asks'],
  given: Partial<SocketVerb> = {},
): SocketVerb => ({
  over: 'Socket.IO',
  transport: 'websocket',
  name: does,
  event,
  does,
  asks,
  admitted: 'ok',
  ...given,
});

const POLLING = { transport: 'polling' } as const;
const NOT_REGISTERED = { refused: 'not_registered' } as const;

const SOCKET_VERBS: readonly SocketVerb[] = [
  socket('register_session', 'register', 'token'),
  socket('register_session', 'register', 'token', POLLING),
  socket('register_session', 'claim', 'token and secret'),
  socket('thread_send', 'send', 'own session', NOT_REGISTERED),
  socket('thread_send', 'send aside', 'own session', NOT_REGISTERED),
  socket('thread_resume', 'resume', 'own session', NOT_REGISTERED),
  // They say nothing of the session; that they change nothing shows at the end.
  socket('thread_ack', 'acknowledge', 'nothing'),
  socket('leave_session', 'leave', 'nothing'),
  socket('system_ping_response', 'answer a ping', 'nothing'),
  socket('ping', 'ping', 'own session', { refused: 'no owner' }),
  socket('register_session', 'register (v1)', 'handshake'),
  socket('register_session', 'register (v1)', 'handshake', POLLING),
  socket('force_room_join', 'join (v1)', 'handshake'),
  socket('request_missed_messages', 'ask again (v1)', 'own v1 session', NOT_REGISTERED),
  socket('debug_socket_status', 'ask for its status (v1)', 'nothing'),
];

/** The events of sockets that the table knows. */
export const KNOWN_EVENTS: readonly string[] = SOCKET_VERBS.map(({ event }) => event);

export const VERBS: readonly Verb[] = [
  ...ROUTES,
  ...OTHER_REQUESTS,
  ...ENGINE_VERBS,
  ...SOCKET_VERBS,
];

/** The credentials that it is asked with: few, if it needs none, or if it is the HEAD of a GET. */
export function credentialsOf(verb: Verb): readonly Credential[] {
  if (verb.over === 'Engine.IO') return ['no', 'right'];
  // On a session of the right user.
  if (verb.over === 'Socket.IO') {
    return verb.asks === 'nothing' ? ['no', "other user's", 'right'] : CREDENTIALS;
  }
  const needsOne = verb.asks !== 'nothing' || verb.extra?.for === 'debug';
  return needsOne && verb.method !== 'HEAD' ? CREDENTIALS : ['no', 'right'];
}

export function nameOf(verb: Verb): string {
  if (verb.over === 'HTTP') {
    const { method, path, headers = {}, keyInUrl } = verb;
    const details = [...Object.values(headers), ...(keyInUrl ? ['key in the URL'] : [])];
    return [method, path, ...details].join(' ');
  }
  return `${verb.over}, ${verb.transport}: ${verb.name}`;
}
