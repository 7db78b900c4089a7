/** The headers of every answer: of each route, each refusal, and of Engine.IO. */

import { describe, expect } from 'vitest';
import { serveAllRoutes, THREAD } from '../support/all-routes.js';
import { openContext } from '../support/browser.js';
import { serveFiles } from '../support/file-server.js';
import { type Lab, test } from '../support/lab.js';

const LISTED = 'https://chat.example.com';
const HANDSHAKE = '/socket.io/?EIO=4&transport=polling';
const JSON_TYPE = { 'content-type': 'application/json' };

type Init = { readonly method?: string; readonly headers?: object; readonly body?: string };

/** What is wrong with an answer's headers. */
function wrongIn(path: string, { headers }: Response): readonly string[] {
  const isForAll = path === '/session_monitor.js' || path === '/openapi.json';
  const isAsset = /^\/(demo\/|dashboard|$)/.test(path) || isForAll;
  const isForPages = isForAll || path === '/healthz';
  const expected: Readonly<Record<string, RegExp>> = {
    'x-content-type-options': /^nosniff$/,
    // An asset whose name has a hash is kept.
    'cache-control': isAsset ? /^(no-cache|public, max-age=\d+, immutable)$/ : /^no-store\b/,
    'referrer-policy': /^no-referrer$/,
    'cross-origin-resource-policy': isForPages ? /^cross-origin$/ : /^same-origin$/,
  };
  return Object.entries(expected)
    .filter(([name, value]) => !value.test(headers.get(name) ?? ''))
    .map(([name]) => `${name}: ${headers.get(name)}`);
}

async function expectHeaders(url: string, path: string, init: Init, status: number) {
  const answer = await fetch(url + path, init as RequestInit);
  const name = `${init.method ?? 'GET'} ${path}`;
  expect([name, answer.status, wrongIn(path.split('?')[0] ?? '', answer)]).toEqual([
    name,
    status,
    [],
  ]);
  await answer.body?.cancel();
  return answer;
}

const preflight = (origin: string, method: string) => ({
  origin,
  'access-control-request-method': method,
  'access-control-request-headers': 'authorization, content-type, idempotency-key',
});

async function app(lab: Lab) {
  const { url, io } = await lab.app({ origins: [LISTED] });
  lab.defer(() => io.disconnectSockets(true));
  return url;
}

describe('every answer has the headers', () => {
  test('of each route', async (lab) => {
    const { url, routes } = await serveAllRoutes(lab);
    for (const { method, path } of routes) {
      const name = path.split('?')[0] ?? '';
      const answer = await fetch(url + path, {
        method,
        ...(method !== 'GET' && { headers: JSON_TYPE }),
      });
      expect([method, path, wrongIn(name, answer)]).toEqual([method, path, []]);
      const { headers, status } = answer;
      await answer.body?.cancel();
      const etag = headers.get('etag');
      if (etag === null) continue;
      const unchanged = await fetch(url + path, { headers: { 'if-none-match': etag } });
      expect([path, status, unchanged.status, wrongIn(name, unchanged)]).toEqual([
        path,
        200,
        304,
        [],
      ]);
    }
  });

  /** By name, what is asked for and the status of the answer. */
  const refusals: readonly [name: string, path: string, init: Init, status: number][] = [
    ['no such path', '/nothing', {}, 404],
    ['a thread that there is not', '/threads/none', {}, 404],
    ['a wrong method', '/havefun', { method: 'PUT' }, 405],
    ['a malformed path', '/threads/%E0%A4%A', {}, 400],
    ['no JSON', '/havefun', { method: 'POST', body: 'x' }, 415],
    [
      'too large',
      '/havefun',
      { method: 'POST', headers: JSON_TYPE, body: 'x'.repeat(400_000) },
      413,
    ],
    ['a page elsewhere', '/threads', { headers: { origin: 'https://evil.example' } }, 403],
    ['a debug route without its key', '/debug/websocket-sessions', {}, 401],
  ];
  test.for(refusals)('of the refusal of %s', async ([, path, init, status], lab) => {
    await expectHeaders(await app(lab), path, init, status);
  });

  const engine: readonly [name: string, path: string, init: Init, status: number][] = [
    ['an unknown connection', `${HANDSHAKE}&sid=none`, {}, 400],
    ['JSONP', `${HANDSHAKE}&j=0`, {}, 403],
    ['a page elsewhere', HANDSHAKE, { headers: { origin: 'https://evil.example' } }, 403],
    ['a wrong method', HANDSHAKE, { method: 'DELETE' }, 400],
    ['a preflight', HANDSHAKE, { method: 'OPTIONS', headers: preflight(LISTED, 'POST') }, 204],
  ];
  test.for(engine)("of Engine.IO's answer to %s", async ([, path, init, status], lab) => {
    await expectHeaders(await app(lab), path, init, status);
  });

  test("of Engine.IO's polls, also on the server of an app", async (lab) => {
    const own = await serveAllRoutes(lab);
    for (const url of [await app(lab), own.url]) {
      const handshake = await fetch(url + HANDSHAKE);
      expect(wrongIn(HANDSHAKE, handshake)).toEqual([]);
      const { sid } = JSON.parse((await handshake.text()).slice(1));
      const session = `${HANDSHAKE}&sid=${sid}`;
      await expectHeaders(url, session, { method: 'POST', body: '40' }, 200);
      await expectHeaders(url, session, {}, 200);
      await expectHeaders(url, session, { method: 'POST', body: '1' }, 200);
    }
  });
});

describe('a browser that asks before it sends for a listed page', () => {
  test.for(['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'])('may send %s', async (method, lab) => {
    const url = await app(lab);
    for (const path of [`/threads/${THREAD}`, HANDSHAKE]) {
      const asked = { method: 'OPTIONS', headers: preflight(LISTED, method) };
      const { headers } = await expectHeaders(url, path, asked, 204);
      const list = (name: string) => (headers.get(name) ?? '').toLowerCase().split(/, ?/);
      expect(headers.get('access-control-allow-origin')).toBe(LISTED);
      expect(list('access-control-allow-methods')).toContain(method.toLowerCase());
      expect(list('access-control-allow-headers')).toEqual(
        expect.arrayContaining(['authorization', 'content-type', 'idempotency-key']),
      );
    }
  });

  test('and really sends it, in Chromium', async (lab) => {
    const site = await serveFiles(
      new Map([['/', ['text/html', '<!doctype html><title>Page</title>']]]),
    );
    lab.defer(() => site.close());
    const origin = site.origin.replace('127.0.0.1', 'chat.example');
    const server = await lab.app({ origins: [origin] });
    await server.sessions.publish(THREAD, 'note', 1);
    const context = await openContext(lab);
    const page = await context.newPage();
    await page.goto(origin);
    const asked = await page.evaluate(
      async ({ url, thread }) => {
        const json = { 'content-type': 'application/json' };
        const body = JSON.stringify({ title: 'Named by a page' });
        const send = async (init: RequestInit) =>
          (await fetch(`${url}/threads/${thread}`, init)).status;
        // What a monitor over server-sent events does first. Its answer cannot be read, but it comes.
        const probe = (await fetch(`${url}/healthz`, { mode: 'no-cors' })).type;
        return [
          probe,
          await send({ method: 'PATCH', headers: json, body }),
          await send({}),
          await send({ method: 'DELETE' }),
        ];
      },
      { url: server.url, thread: THREAD },
    );
    expect(asked).toEqual(['opaque', 200, 200, 204]);
  });
});
