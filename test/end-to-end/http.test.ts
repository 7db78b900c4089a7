import { request } from 'node:http';
import { RUN_EVENTS } from '@session-monitor/protocol';
import { createDemoResponder, createMemoryStore, type Responder } from '@session-monitor/server';
import { describe, expect } from 'vitest';
import { jsonPost, refusalOf } from '../support/json.js';
import { test } from '../support/lab.js';
import { parseSse, partsOf, type RunPart } from '../support/run-reader.js';
import { times, until } from '../support/until.js';

const HANDSHAKE = '/socket.io/?EIO=4&transport=polling';
const FORM = 'application/x-www-form-urlencoded';
const good = { user_input: 'What is a cursor?', thread_id: 'http' };

describe('POST /havefun', () => {
  test('streams a whole reply, one part per event, each with its cursor', async (lab) => {
    const app = await lab.app();
    const response = await post(app.url, good);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const text = await response.text();
    const parts = partsOf(text);
    const types = parts.map(({ type }) => type);
    expect(types[0]).toBe('run_started');
    expect(types.at(-1)).toBe('run_finished');
    expect(types.filter((type) => type === 'run_finished').length).toBe(1);
    expect(new Set(types)).toEqual(
      new Set(['run_started', 'analysis', 'knowledge', 'message', 'next_action', 'run_finished']),
    );
    expect(parts.at(-1)).toMatchObject({ status: 'completed', thread_id: 'http' });
    expect(new Set(parts.map(({ run_id }) => run_id)).size).toBe(1);
    expect(new Set(parseSse(text).map(({ id }) => id)).size).toBe(parts.length);
    // Without use_websocket the thread stays as it is.
    expect(await app.sessions.publish('http', 'first', null)).toBe(1);
  });

  test('with use_websocket every client of the thread gets every part as an event', async (lab) => {
    const app = await lab.app();
    const client = lab.client(app.url, { thread_id: 'http' });
    const events: unknown[] = [];
    client.socket.onAny((event, data) => {
      if (data?.run_id) events.push([event, data]);
    });
    const parts = await ask(app.url, { use_websocket: true });
    await until('all are applied', () => events.length === parts.length);
    const names: Record<string, string> = {
      run_started: RUN_EVENTS.started,
      analysis: RUN_EVENTS.analysis,
      knowledge: RUN_EVENTS.knowledge,
      next_action: RUN_EVENTS.nextAction,
      message: RUN_EVENTS.message,
      run_finished: RUN_EVENTS.finished,
    };
    expect(events).toEqual(parts.map((data) => [names[data.type], data]));
  });

  test('two messages on one thread are answered one after the other', async (lab) => {
    const app = await lab.app();
    const replies = await Promise.all(
      times(3, (n) => ask(app.url, { user_input: `${n}`, use_websocket: n !== 1 })),
    );
    for (const parts of replies) {
      expect(new Set(parts.map(({ run_id }) => run_id)).size).toBe(1);
      expect(parts.at(-1)).toMatchObject({ type: 'run_finished', status: 'completed' });
    }
  });

  test('a responder that throws ends its run as failed, and the next one works', async (lab) => {
    const demo = createDemoResponder({ partsPerSecond: 1_000, words: 3, exact: true });
    const responder: Responder = async function* (question, context) {
      for await (const part of demo(question, context)) {
        yield part;
        if (question.user_input === 'fail') throw new Error('secret reason');
      }
    };
    const { app } = await lab.loggedApp({ responder });
    const failed = await (await post(app.url, { ...good, user_input: 'fail' })).text();
    const types = partsOf(failed).map(({ type }) => type);
    expect(types).toEqual(['run_started', 'analysis', 'run_finished']);
    const error = { code: 'responder_failed' };
    expect(partsOf(failed).at(-1)).toMatchObject({ status: 'failed', error });
    expect(failed).not.toContain('secret reason');
    expect((await ask(app.url)).at(-1)).toMatchObject({ status: 'completed' });
  });

  test('a responder that yields malformed parts ends its run as failed', async (lab) => {
    const { app } = await lab.loggedApp({
      async *responder() {
        yield { type: 'surprise' } as never;
      },
    });
    const parts = await ask(app.url, { use_websocket: true });
    expect(parts.map(({ type }) => type)).toEqual(['run_started', 'run_finished']);
    expect(parts.at(-1)).toMatchObject({ status: 'failed' });
  });

  test('a responder that ignores its signal does not hold up a close', async (lab) => {
    const responder: Responder = async function* () {
      await new Promise(() => {});
    };
    const { app } = await lab.loggedApp({ responder });
    const asking = ask(app.url, { use_websocket: true });
    await until('it is under way', () => app.sessions.stats().runs === 1);
    await app.sessions.close();
    expect((await asking).at(-1)).toMatchObject({ status: 'interrupted' });
    const late = await post(app.url, good);
    expect(await refusalOf(late)).toEqual([503, 'draining']);
  });

  test('messages beyond the limit of waiting runs are refused for now', async (lab) => {
    const responder = createDemoResponder({ partsPerSecond: 20, words: 1_000, exact: true });
    const app = await lab.app({ responder });
    const controllers = times(20, () => new AbortController());
    const responses = await Promise.all(
      controllers.map(({ signal }) => post(app.url, { ...good, use_websocket: true }, signal)),
    );
    const refused = responses.filter(({ status }) => status === 429);
    expect(refused.length).toBe(4);
    expect(refused[0]?.headers.get('retry-after')).toBe('5');
    expect(await refused[0]?.json()).toMatchObject({ error: { code: 'limit_reached' } });
    for (const controller of controllers) controller.abort();
    await app.sessions.close();
  });

  test('a reply to a thread goes on when its reader leaves', async (lab) => {
    const app = await lab.app();
    const client = lab.client(app.url, { thread_id: 'http' });
    const finished = new Promise((resolve) => client.socket.once('run_finished', resolve));
    const controller = new AbortController();
    const response = await post(app.url, { ...good, use_websocket: true }, controller.signal);
    await response.body?.getReader().read();
    controller.abort();
    expect(await finished).toMatchObject({ status: 'completed' });
  });

  test('a reply that a killed server left open is interrupted at the next start', async (lab) => {
    const server = await lab.server({ demo: { partsPerSecond: 50, words: 10_000 } });
    const client = lab.client(server.url, { thread_id: 'http' });
    const types: string[] = [];
    client.socket.onAny((_event, data) => data?.run_id && types.push(data.type));
    const response = await post(server.url, { ...good, use_websocket: true });
    await until('some parts are there', () => types.length > 10);
    await server.kill();
    await response.text().catch(() => {});
    await server.restart();
    const finished = new Promise((resolve) => client.socket.once('run_finished', resolve));
    expect(await finished).toMatchObject({ status: 'interrupted', error: { code: 'node_lost' } });
    expect(types.filter((type) => type === 'run_started').length).toBe(1);
    expect(types.filter((type) => type === 'run_finished').length).toBe(1);
    expect(types.at(-1)).toBe('run_finished');
  });
});

type Case = readonly [
  name: string,
  init: { method?: string; headers?: Record<string, string>; body?: string },
  status: number,
  code: string,
  field?: string | undefined,
];

const messageOf = (length: number) =>
  JSON.stringify({ thread_id: 't', user_input: 'x'.repeat(length) });
const typed = (type: string, body: string) => ({ headers: { 'content-type': type }, body });
const json = (body: string) => typed('application/json', body);

/** Bodies that are refused with 400, and the field that is wrong in them. */
const BODIES: readonly (readonly [name: string, body: string, field?: string, code?: string])[] = [
  ['bad JSON', '{"user_input":'],
  ['an empty body', ''],
  ['JSON that is no object', '[1]'],
  ['no user_input', '{"thread_id":"t"}', 'user_input'],
  ['a blank user_input', '{"thread_id":"t","user_input":" \\n"}', 'user_input'],
  ['a user_input that is no text', '{"thread_id":"t","user_input":5}', 'user_input'],
  ['a user_input that is too long', messageOf(70_000), 'user_input'],
  ['no thread_id', '{"user_input":"x"}', 'thread_id', 'bad_thread_id'],
  [
    'a thread_id outside the pattern',
    '{"thread_id":"a b","user_input":"x"}',
    'thread_id',
    'bad_thread_id',
  ],
  [
    'a flag that is none',
    '{"thread_id":"t","user_input":"x","use_websocket":"yes"}',
    'use_websocket',
  ],
  ['a poisoned prototype', '{"__proto__":{"use_websocket":true},"thread_id":"t","user_input":"x"}'],
];

describe('bad input over HTTP', () => {
  const cases: readonly Case[] = [
    ...BODIES.map(
      ([name, body, field, code = 'bad_request']): Case => [name, json(body), 400, code, field],
    ),
    ['an oversize body', json(messageOf(400_000)), 413, 'too_large'],
    [
      'a body that is nested too deep',
      json(`{"thread_id":"t","user_input":${'['.repeat(17)}${']'.repeat(17)}}`),
      413,
      'too_large',
    ],
    ['text', typed('text/plain', 'hello'), 415, 'unsupported_media_type'],
    ['a form', typed(FORM, 'a=b'), 415, 'unsupported_media_type'],
    ['the wrong method', { method: 'GET' }, 405, 'method_not_allowed'],
    ['another wrong method', { method: 'DELETE' }, 405, 'method_not_allowed'],
  ];

  for (const [name, init, status, code, field] of cases) {
    test(`${name} is answered with ${status} ${code}`, async (lab) => {
      const app = await lab.app();
      const response = await fetch(`${app.url}/havefun`, { method: 'POST', ...init });
      const body = (await response.json()) as { error: { code: string; message: string } };
      expect(response.status).toBe(status);
      expect(body).toEqual({
        error: { code, message: expect.any(String), ...(field && { field }) },
      });
      expect(body.error.message.length).toBeGreaterThan(10);
      if (status === 405) expect(response.headers.get('allow')).toBe('POST');
    });
  }

  test('an unknown path is answered with 404', async (lab) => {
    const app = await lab.app();
    const response = await fetch(`${app.url}/nothing`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 'not_found' } });
  });

  test('a page of another origin gets neither a socket nor a readable answer', async (lab) => {
    const app = await lab.app();
    const origin = 'https://evil.example';
    const polling = await fetch(`${app.url}${HANDSHAKE}`, { headers: { origin } });
    expect(polling.status).toBe(403);
    // Engine.IO refuses a WebSocket handshake with 400.
    expect(await upgradeStatus(app.url, origin)).toBe(400);
    const own = await fetch(`${app.url}${HANDSHAKE}`, { headers: { origin: app.url } });
    expect(own.status).toBe(200);
    const health = await fetch(`${app.url}/healthz`, { headers: { origin } });
    expect(health.headers.get('access-control-allow-origin')).toBeNull();
    app.io.disconnectSockets(true);
  });

  test('a page that pretends to be on this machine is refused in development', async (lab) => {
    const app = await lab.app();
    const { port } = new URL(app.url);
    const statusFor = (host: string, path: string) =>
      new Promise((resolve, reject) => {
        const headers = { host, origin: `http://${host}` };
        request(`${app.url}${path}`, { headers }, ({ statusCode }) => resolve(statusCode))
          .on('error', reject)
          .end();
      });
    for (const host of [`evil.example:${port}`, 'evil.example', '127.0.0.1.evil.example']) {
      expect(await statusFor(host, HANDSHAKE)).toBe(403);
      expect(await statusFor(host, '/healthz')).toBe(403);
    }
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
      expect(await statusFor(host, '/healthz')).toBe(200);
    }
  });

  test('a page on the list of origins may read the stream of a reply', async (lab) => {
    const origin = 'https://chat.example';
    const app = await lab.app({ origins: [origin] });
    const response = await fetch(`${app.url}/havefun`, jsonPost(good, { origin }));
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
    expect(await response.text()).toContain('completed');
    const open = await lab.app({ origins: ['*'] });
    const polling = await fetch(`${open.url}${HANDSHAKE}`, { headers: { origin } });
    expect(polling.headers.get('access-control-allow-origin')).toBe('*');
  });

  test('outside development an unsafe configuration is refused', async (lab) => {
    const store = createMemoryStore();
    const durable = { ...store, durable: true };
    const authorize = () => true;
    await expect(lab.app({ mode: 'production', store: durable })).rejects.toThrow(/authorize/);
    await expect(lab.app({ host: '0.0.0.0', store: durable })).rejects.toThrow(/authorize/);
    await expect(lab.app({ mode: 'production', authorize, store })).rejects.toThrow(/'memory'/);
    await expect(
      lab.app({ mode: 'production', authorize, store: durable, origins: ['*'] }),
    ).rejects.toThrow(/origin '\*'/);
    await lab.app({ mode: 'production', authorize, store: durable });
  });
});

describe('health', () => {
  test('says how much there is only to callers that may see /debug', async (lab) => {
    const store = { ...createMemoryStore(), durable: true };
    const key = 'a-long-key-of-this-test-alone';
    const production = { mode: 'production', authorize: () => true, store } as const;
    const app = await lab.app({ ...production, debugApiKey: key });
    const health = async (headers = {}) => (await fetch(`${app.url}/healthz`, { headers })).json();
    const counts = { connections: 0, sessions: 0, threads: 0, runs: 0, misrouted_requests: 0 };
    expect(await health()).toEqual({ status: 'ok' });
    expect(await health({ authorization: `Bearer ${key}` })).toEqual({ status: 'ok', ...counts });
    // Wrong keys get nothing, and do not keep the right one out.
    for (const n of times(10, (index) => index)) {
      expect(await health({ authorization: `Bearer guess-${n}` })).toEqual({ status: 'ok' });
    }
    expect(await health({ authorization: `Bearer ${key}` })).toEqual({ status: 'ok', ...counts });
    const open = await lab.app();
    expect(await (await fetch(`${open.url}/healthz`)).json()).toEqual({ status: 'ok', ...counts });
    const elsewhere = { headers: { 'sec-fetch-site': 'cross-site' } };
    expect(await (await fetch(`${open.url}/healthz`, elsewhere)).json()).toEqual({ status: 'ok' });
  });

  test('the process lives, and is ready until it drains', async (lab) => {
    const app = await lab.app();
    expect(await (await fetch(`${app.url}/healthz`)).json()).toMatchObject({ status: 'ok' });
    expect((await fetch(`${app.url}/readyz`)).status).toBe(200);
    await app.sessions.drain(0);
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${app.url}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([503, { reason: 'draining' }]);
    const refused = await post(app.url, good);
    expect(await refusalOf(refused)).toEqual([503, 'draining']);
  });
});

const post = (url: string, body: object, signal?: AbortSignal): Promise<Response> =>
  fetch(`${url}/havefun`, { ...jsonPost(body), ...(signal && { signal }) });

/** Asks, and resolves with the parts of the reply. */
const ask = async (url: string, more: object = {}): Promise<readonly RunPart[]> =>
  partsOf(await (await post(url, { ...good, ...more })).text());

/** The status that answers a WebSocket handshake from a page of `origin`. */
function upgradeStatus(url: string, origin: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const handshake = request(`${url}/socket.io/?EIO=4&transport=websocket`, {
      headers: {
        origin,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      },
    });
    handshake.on('response', (response) => resolve(response.statusCode));
    handshake.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode);
    });
    handshake.on('error', reject);
    handshake.end();
  });
}
