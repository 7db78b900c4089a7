/** Sessions on a Socket.IO server of the app's own, with and without the HTTP routes. */

import type { IncomingMessage } from 'node:http';
import { createHandler, type Handler } from '@session-monitor/http';
import { attachSessions, createDemoResponder, createMemoryStore } from '@session-monitor/server';
import type { ServerOptions } from 'socket.io';
import { describe, expect } from 'vitest';
import { attach } from '../support/attached.js';
import { refusalOf } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';
import { createLogger } from '../support/logger.js';
import { until } from '../support/until.js';

const THREAD = 'attached';

describe('a base path', () => {
  test.for(['/chat/', '/a/../b', '/..', 'chat', '//chat', '/x y', '/a//b', ''])(
    'is refused if it is none: %s',
    async (basePath, lab) => {
      const { sessions } = await attach(lab);
      expect(() => createHandler(sessions, { basePath })).toThrow(
        expect.objectContaining({
          code: 'ERR_CONFIG',
          message: expect.stringContaining('basePath'),
        }),
      );
      // Nothing was mounted, so a second attempt may mount.
      createHandler(sessions, { basePath: '/chat' });
    },
  );

  test('is mounted once, and clients learn it', async (lab) => {
    const { url, http, sessions } = await attach(lab, {
      responder: createDemoResponder({ words: 2, exact: true }),
    });
    http.on('request', createHandler(sessions, { basePath: '/a/b' }));
    expect(() => createHandler(sessions)).toThrow(/mounted at '\/a\/b' already/);
    const client = await lab.liveClient(url, { thread_id: THREAD });
    expect(client.receipts[0]?.http_path).toBe('/a/b');
    expect(await client.monitor.sendMessage('Hello')).toMatchObject({ thread_id: THREAD });
    await until('the reply has ended', () => sessions.stats().runs === 0);
  });

  test('that the app mounts elsewhere works, and the log says what to change', async (lab) => {
    const { logger, lines } = createLogger();
    const { url, http, sessions } = await attach(lab, { logger });
    const handler = createHandler(sessions);
    http.on('request', (request, response) => {
      handler(cutOff(request, '/chat'), response, () => response.writeHead(404).end());
    });
    expect((await fetch(`${url}/chat/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/chat/healthz`)).status).toBe(200);
    const warnings = lines.filter(({ msg }) => String(msg).includes('are mounted at'));
    expect(warnings).toMatchObject([
      { mounted_at: '/chat', base_path: '/', msg: expect.stringContaining("basePath: '/chat'") },
    ]);
  });
});

test('a message on a server without routes fails with words that say what to mount', async (lab) => {
  const { url } = await attach(lab);
  const { monitor } = lab.client(url, { thread_id: THREAD });
  await expect(monitor.sendMessage('Hello?')).rejects.toMatchObject({
    code: 'ERR_NO_HTTP',
    message: expect.stringMatching(/createHandler\(sessions\)/),
  });
  await expect(monitor.cancel('some-run')).rejects.toMatchObject({ code: 'ERR_NO_HTTP' });
});

test('a message on a server without a responder is refused with its code', async (lab) => {
  const { url, http, sessions } = await attach(lab);
  http.on('request', createHandler(sessions));
  const { monitor } = lab.client(url, { thread_id: THREAD });
  await expect(monitor.sendMessage('Hello?')).rejects.toMatchObject({
    code: 'ERR_REFUSED',
    message: expect.stringMatching(/no_responder/),
  });
});

test('sessions on a namespace are followed there', async (lab) => {
  const { url, http, io, sessions } = await attach(
    lab,
    { responder: createDemoResponder({ words: 2, exact: true }) },
    {},
    '/chat',
  );
  http.on('request', createHandler(sessions));
  const others: string[] = [];
  io.on('connection', ({ id }) => others.push(id));
  const client = lab.client(`${url}/chat`, { thread_id: THREAD });
  await sessions.publish(THREAD, 'message', { n: 1 });
  await until('it is there', () => client.seen.length === 1);
  await client.monitor.sendMessage('Hello');
  await until('the reply is there', () => client.monitor.status.runs.at(-1)?.state === 'completed');
  expect(others).toEqual([]);
});

test('after a close others may be attached', async (lab) => {
  const { io, sessions } = await attach(lab);
  const options = { store: createMemoryStore(), authorize: () => true };
  expect(() => attachSessions(io, options)).toThrow(/has sessions already/);
  await sessions.close();
  await attachSessions(io, options).close();
});

describe('the origin of a page', () => {
  const handshake = async (url: string, headers: Record<string, string>) => {
    const answer = await fetch(`${url}/socket.io/?EIO=4&transport=polling`, { headers });
    await answer.text();
    return [answer.status, answer.headers.get('access-control-allow-origin')];
  };
  const FOREIGN = 'https://app.example';
  const LOCAL = 'http://localhost:5173';

  test("goes by the server's own option cors, however it is written", async (lab) => {
    const cors: readonly NonNullable<ServerOptions['cors']>[] = [
      { origin: FOREIGN },
      { origin: [FOREIGN, 'https://other.example'] },
      { origin: /\.example$/ },
      { origin: true },
      { origin: (origin, done) => done(null, origin === FOREIGN) },
      (_request, done) => done(null, { origin: FOREIGN }),
    ];
    for (const each of cors) {
      const { url } = await attach(lab, { mode: 'production' }, { cors: each });
      expect(await handshake(url, { origin: FOREIGN })).toEqual([200, FOREIGN]);
    }
    const open = await attach(lab, { mode: 'production' }, { cors: { origin: '*' } });
    expect(await handshake(open.url, { origin: FOREIGN })).toEqual([200, '*']);
    const closed = await attach(lab, { mode: 'production' }, { cors: { origin: false } });
    expect((await handshake(closed.url, { origin: FOREIGN }))[0]).toBe(403);
  });

  test('of this machine is let in in development, any other not; the log says what to change', async (lab) => {
    const { logger, lines } = createLogger();
    const { url } = await attach(lab, { logger });
    expect(await handshake(url, { origin: LOCAL })).toEqual([200, LOCAL]);
    for (const _ of [1, 2, 3]) expect((await handshake(url, { origin: FOREIGN }))[0]).toBe(403);
    expect((await handshake(url, { origin: 'null' }))[0]).toBe(403);
    expect((await handshake(url, { 'sec-fetch-dest': 'script' }))[0]).toBe(403);
    expect((await handshake(url, { 'sec-fetch-site': 'cross-site' }))[0]).toBe(403);
    const refused = lines.filter(({ msg }) => String(msg).includes('was refused'));
    expect(refused.map(({ origin }) => origin)).toEqual([FOREIGN, 'null', 'none']);
    expect(refused[0]?.msg).toMatch(/ORIGINS.*proxy_set_header Host/);
    const strict = await attach(lab, { mode: 'production', logger });
    expect((await handshake(strict.url, { origin: LOCAL }))[0]).toBe(403);
  });

  test('on the list of sessions outranks the option cors', async (lab) => {
    const origins = [FOREIGN];
    const { url } = await attach(lab, { mode: 'production', origins }, { cors: { origin: '*' } });
    expect((await handshake(url, { origin: FOREIGN }))[0]).toBe(200);
    expect((await handshake(url, { origin: 'https://evil.example' }))[0]).toBe(403);
  });
});

describe('a body', () => {
  const post = (url: string, body: string) =>
    fetch(`${url}/threads/${THREAD}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });

  /** Its app has read each body before it reaches the routes. */
  const attachBehind = async (lab: Lab, parse: (text: string) => unknown) => {
    const { url, http, sessions } = await attach(lab);
    http.on('request', withBody(createHandler(sessions), parse));
    return { url, sessions };
  };

  test('that a parser has read is taken as it is', async (lab) => {
    const { url } = await attachBehind(lab, (text) => JSON.parse(text));
    expect(await (await post(url, '{"event":"note","data":1}')).json()).toEqual({ offset: 1 });
    const poisoned = await post(url, '{"event":"note","data":{"__proto__":{"x":1}}}');
    expect(await refusalOf(poisoned)).toEqual([400, 'bad_request']);
  });

  test('that was read as text or bytes is parsed', async (lab) => {
    const { url } = await attachBehind(lab, (text) => Buffer.from(text));
    expect(await (await post(url, '{"event":"note","data":1}')).json()).toEqual({ offset: 1 });
    expect((await post(url, '{')).status).toBe(400);
  });

  test('that is already consumed causes an error that names the cure', async (lab) => {
    const { url, sessions } = await attachBehind(lab, () => undefined);
    const answer = await post(url, '{"event":"note","data":1}');
    expect([answer.status, await answer.json()]).toMatchObject([
      500,
      { error: { code: 'body_consumed', message: expect.stringContaining('express.json()') } },
    ]);
    expect(await sessions.publish(THREAD, 'first', null)).toBe(1);
  });
});

/** As a body parser does: reads the request, and leaves what `parse` makes of it. */
const withBody =
  (handler: Handler, parse: (text: string) => unknown) =>
  async (request: IncomingMessage, response: Parameters<Handler>[1]): Promise<void> => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const body = parse(text);
    handler(Object.assign(request, body !== undefined && { body }), response);
  };

/** As Express does for what is mounted below a path. */
const cutOff = (request: IncomingMessage, path: string): IncomingMessage =>
  Object.assign(request, {
    originalUrl: request.url,
    baseUrl: path,
    url: request.url?.slice(path.length),
  });
