/** Requests that come slowly, or not as a whole, on real sockets. What the server sends may take as long as it likes. */

import { createHandler } from '@session-monitor/http';
import { describe, expect } from 'vitest';
import { PATIENT } from '../support/app.js';
import { attach } from '../support/attached.js';
import { EVENT } from '../support/client.js';
import { EventReader } from '../support/event-reader.js';
import { heldResponder } from '../support/held-responder.js';
import { refusalOf } from '../support/json.js';
import { test } from '../support/lab.js';
import { RawConnection } from '../support/raw-connection.js';
import { postJson } from '../support/run-reader.js';
import { pause, until } from '../support/until.js';

const THREAD = 'slow';
/** Longer than a test's own requests take on a busy machine, shorter than a wait that one notices. */
const SHORT_MS = 1_000;

const head = (method: string, path: string): string =>
  `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n`;

const ROUTES: readonly [method: string, path: string][] = [
  ['POST', '/havefun'],
  ['POST', `/threads/${THREAD}/events`],
  ['PATCH', `/threads/${THREAD}`],
];

describe('a body that does not come', () => {
  test.for(ROUTES)(
    'is answered with 408, and the connection is closed: %s %s',
    async ([method, path], lab) => {
      const app = await lab.app({ bodyTimeoutMs: 100 });
      const connection = new RawConnection(lab, app.url);
      connection.write(`${head(method, path)}{"eve`);
      await until('it is closed', () => connection.closed);
      const [answer] = connection.answers();
      expect(answer?.headers.get('connection')).toBe('close');
      expect(await refusalOf({ status: answer?.status ?? 0, text: answer?.rest ?? '' })).toEqual([
        408,
        'request_timeout',
      ]);
    },
  );

  test('is answered on the HTTP server of an app, too', async (lab) => {
    const { url, http, sessions } = await attach(lab);
    http.on('request', createHandler(sessions, { bodyTimeoutMs: 100 }));
    const connection = new RawConnection(lab, url);
    connection.write(`${head('POST', '/havefun')}{"eve`);
    // A byte now and then does not help.
    const drip = setInterval(() => connection.write(' '), 20);
    lab.defer(() => clearInterval(drip));
    await until('it is closed', () => connection.closed);
    expect(connection.answers()).toMatchObject([{ status: 408 }]);
  });

  test('does not outlive the time for a whole request, on paths that read none', async (lab) => {
    const app = await lab.app({ requestTimeoutMs: SHORT_MS });
    const slow = [
      head('POST', `/threads/${THREAD}/runs/none/cancel`),
      head('POST', '/socket.io/?EIO=4&transport=polling'),
      'GET /healthz HTTP/1.1\r\nHost: 127',
      '',
    ].map((text) => {
      const connection = new RawConnection(lab, app.url);
      connection.write(text);
      return connection;
    });
    await until('all are closed', () => slow.every(({ closed }) => closed));
  });
});

test('streams, polls, WebSockets and replies outlast every limit of a request', async (lab) => {
  const { responder, release } = heldResponder();
  const limits = { bodyTimeoutMs: 100, requestTimeoutMs: SHORT_MS };
  const settings = { pingIntervalMs: 60_000 };
  const app = await lab.app({ ...limits, responder, settings, socketIo: PATIENT });
  lab.defer(release);
  const stream = new EventReader(`${app.url}/threads/${THREAD}/events`);
  lab.defer(() => stream.cut());
  stream.connect();
  const question = { thread_id: 'asked', user_input: 'x' };
  let isAsked = false;
  const reply = postJson(`${app.url}/havefun`, question, {
    onChunk: () => {
      isAsked = true;
    },
  });
  const clients = await Promise.all(
    (['polling', 'websocket'] as const).map((transport) =>
      lab.liveClient(app.url, { thread_id: THREAD, transport }),
    ),
  );
  await until('the stream and the reply have begun', () => stream.connected && isAsked);
  // Node looks for late requests once in that time.
  await pause(3 * SHORT_MS);
  release();
  await app.sessions.publish(THREAD, EVENT, { n: 1 });
  await until('the reader has it', () => stream.events.length === 1);
  for (const { seen } of clients) await until('the client has it', () => seen.length === 1);
  expect(clients.map(({ monitor }) => monitor.status.reconnects)).toEqual([0, 0]);
  expect(await reply).toMatchObject({ status: 200, complete: true });
});
