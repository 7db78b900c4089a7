import { afterEach, expect, test, vi } from 'vitest';
import { live, recovering, registering } from '../../core/step.fixture.js';
import type { ConnectError } from '../../follower/connect-error.js';
import { describe, type OutageCause, reasonOf } from './outage-reason.js';

afterEach(() => vi.unstubAllGlobals());

const failed = (message: string, fields: Partial<ConnectError> = {}): OutageCause => ({
  kind: 'unreachable',
  message: describe(Object.assign(new Error(message), fields)),
});
const transport = { type: 'TransportError' };
const none: OutageCause = { kind: 'none' };
const refused: OutageCause = { kind: 'refused', message: 'The store cannot answer.' };
const draining = { link: { ...recovering.link, drainMs: 500 } };
const FORBIDDEN = 'Pages of this origin may not connect.';
const forbidden = { responseText: `{"code":4,"message":"${FORBIDDEN}"}` };
const page = { responseText: '<html>' };
const noWebSocket = failed('websocket error', { ...transport, description: {} });

const lost = (by: 'transport' | 'app' | 'server'): OutageCause => ({ kind: 'lost', by });
const SILENT = 'The server does not answer.';
const FETCHING = 'The app has not given a token yet.';
/** What the browser does not tell a page apart is not told apart. */
const unreachable = (message: string) =>
  `The server cannot be reached, or it refuses pages of this origin (${message}).`;
const answered = (said: string) => `The server, or a proxy, answered ${said}`;
const REPLACED = 'The server is being replaced and asked to come back later.';
const UNANSWERED = 'The server has not answered the registration yet.';
const REFUSED = 'The server refused the connection: Log in first.';
const polling = (description: number, context?: object) =>
  failed('xhr poll error', { ...transport, description, ...(context && { context }) });

type Facts = Parameters<typeof reasonOf>;
test.each<
  [name: string, state: Facts[0], cause: OutageCause, reason: string, isFetching?: boolean]
>([
  ['nothing is known', recovering, none, SILENT],
  ['it was cut', recovering, lost('transport'), 'The connection was lost.'],
  ['the app cut it', recovering, lost('app'), 'The app has disconnected the socket.'],
  ['an attempt hangs', recovering, none, SILENT],
  ['Socket.IO gave an attempt up', recovering, failed('timeout'), SILENT],
  ['the server is being replaced', draining, lost('server'), REPLACED],
  ['nothing comes back', recovering, polling(0), unreachable('xhr poll error')],
  ['a WebSocket fails', recovering, noWebSocket, unreachable('websocket error')],
  ['a proxy answers', recovering, polling(502, page), answered('502: xhr poll error')],
  ['the server answers', recovering, polling(403, forbidden), answered(`403: ${FORBIDDEN}`)],
  ['middleware refuses', recovering, failed('Log in first.'), REFUSED],
  ['the registration is not answered', registering, none, UNANSWERED],
  ['the registration is refused for now', registering, refused, 'The store cannot answer.'],
  ['a token is fetched', registering, refused, FETCHING, true],
  // A message may be waiting for its token meanwhile.
  ['a token is fetched without a link', recovering, none, SILENT, true],
])('%s', (_name, state, cause, reason, isFetching = false) => {
  expect(reasonOf(state, cause, isFetching)).toBe(reason);
});

test('a browser that is offline says so, and one that does not know does not', () => {
  vi.stubGlobal('navigator', { onLine: false });
  expect(reasonOf(recovering, none, false)).toBe('The browser is offline.');
  vi.stubGlobal('navigator', {});
  expect(reasonOf(live, none, false)).not.toContain('offline');
});
