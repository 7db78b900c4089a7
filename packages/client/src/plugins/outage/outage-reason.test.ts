import { afterEach, expect, test, vi } from 'vitest';
import { live, recovering, registering } from '../../core/step.fixture.js';
import type { ConnectError } from '../../follower/socket-link.js';
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
const forbidden = { responseText: '{"code":4,"message":"Pages of this origin may not connect."}' };

test.each<[string, Parameters<typeof reasonOf>, string]>([
  ['nothing is known', [recovering, none, false], 'The server does not answer.'],
  [
    'it was cut',
    [recovering, { kind: 'lost', by: 'transport' }, false],
    'The connection was lost.',
  ],
  [
    'the app cut it',
    [recovering, { kind: 'lost', by: 'app' }, false],
    'The app has disconnected the socket.',
  ],
  ['an attempt hangs', [recovering, none, false], 'The server does not answer.'],
  [
    'Socket.IO gave an attempt up',
    [recovering, failed('timeout'), false],
    'The server does not answer.',
  ],
  [
    'the server is being replaced',
    [draining, { kind: 'lost', by: 'server' }, false],
    'The server is being replaced and asked to come back later.',
  ],
  // What the browser does not tell a page apart is not told apart.
  [
    'nothing comes back',
    [recovering, failed('xhr poll error', { ...transport, description: 0 }), false],
    'The server cannot be reached, or it refuses pages of this origin (xhr poll error).',
  ],
  [
    'a WebSocket fails',
    [recovering, failed('websocket error', { ...transport, description: {} }), false],
    'The server cannot be reached, or it refuses pages of this origin (websocket error).',
  ],
  [
    'a proxy answers',
    [
      recovering,
      failed('xhr poll error', {
        ...transport,
        description: 502,
        context: { responseText: '<html>' },
      }),
      false,
    ],
    'The server, or a proxy, answered 502: xhr poll error',
  ],
  [
    'the server answers',
    [
      recovering,
      failed('xhr poll error', { ...transport, description: 403, context: forbidden }),
      false,
    ],
    'The server, or a proxy, answered 403: Pages of this origin may not connect.',
  ],
  [
    'middleware refuses',
    [recovering, failed('Log in first.'), false],
    'The server refused the connection: Log in first.',
  ],
  [
    'the registration is not answered',
    [registering, none, false],
    'The server has not answered the registration yet.',
  ],
  [
    'the registration is refused for now',
    [registering, refused, false],
    'The store cannot answer.',
  ],
  ['a token is fetched', [registering, refused, true], 'The app has not given a token yet.'],
  // A message may be waiting for its token meanwhile.
  ['a token is fetched without a link', [recovering, none, true], 'The server does not answer.'],
])('%s', (_name, facts, reason) => {
  expect(reasonOf(...facts)).toBe(reason);
});

test('a browser that is offline says so, and one that does not know does not', () => {
  vi.stubGlobal('navigator', { onLine: false });
  expect(reasonOf(recovering, none, false)).toBe('The browser is offline.');
  vi.stubGlobal('navigator', {});
  expect(reasonOf(live, none, false)).not.toContain('offline');
});
