/** Requests that a browser makes for pages elsewhere, and requests under host names that are not the server's. */

import { request } from 'node:http';
import { createMemoryStore } from '@session-monitor/server';
import { describe, expect } from 'vitest';
import { serveAllRoutes } from '../support/all-routes.js';
import { attach } from '../support/attached.js';
import { jsonPost, refusalOf } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';

const HANDSHAKE = '/socket.io/?EIO=4&transport=polling';
const LISTED = 'https://chat.example.com';

/** What pages and links anywhere may ask for. The dashboard and assets of pages are beside these. */
const PUBLIC = ['/', '/healthz', '/readyz', '/session_monitor.js', '/openapi.json'];
const isPublic = (path: string) => PUBLIC.includes(path) || /^\/(demo\/|dashboard)/.test(path);

interface Asked {
  readonly status: number;
  readonly text: string;
}

/** `fetch` sets no `Host` and no `Sec-Fetch-Site`. */
function ask(url: string, headers: Record<string, string>, method = 'GET'): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { headers, method, agent: false }, (response) => {
      let text = '';
      const answered = () => resolve({ status: response.statusCode ?? 0, text });
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', answered);
      // Of a stream the head is enough.
      if (response.headers['content-type']?.startsWith('text/event-stream')) {
        answered();
        asking.destroy();
      }
    });
    asking.on('error', reject);
    asking.end();
  });
}

describe.each(['development', 'production'] as const)('in %s', (mode) => {
  test('a page elsewhere gets public routes only, by whichever tag', async (lab) => {
    const { url, routes, sessions } = await serveAllRoutes(lab, { mode, origins: [LISTED] });
    const before = await sessions.threads();
    for (const { method, path } of routes.filter(({ method }) => method === 'GET')) {
      for (const site of ['cross-site', 'same-site']) {
        for (const asked of [method, 'HEAD']) {
          const { status } = await ask(url + path, { 'sec-fetch-site': site }, asked);
          expect([path, asked, status]).toEqual([path, asked, isPublic(path) ? 200 : 403]);
        }
      }
    }
    expect(await sessions.threads()).toEqual(before);
  });

  test('a page elsewhere that sends its origin gets no other routes either', async (lab) => {
    const { url } = await serveAllRoutes(lab, { mode, origins: [LISTED] });
    const elsewhere = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
    const refused = await ask(`${url}/threads`, elsewhere);
    expect(await refusalOf(refused)).toEqual([403, 'authorisation']);
    const { origin } = elsewhere;
    expect((await ask(`${url}/threads`, { origin })).status).toBe(403);
    expect((await ask(`${url}/healthz`, elsewhere)).status).toBe(200);
  });

  test('programs, own pages and listed pages go on', async (lab) => {
    const { url } = await serveAllRoutes(lab, { mode, origins: [LISTED] });
    const welcome = [
      {},
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'same-origin', origin: url },
      { 'sec-fetch-site': 'cross-site', origin: LISTED },
    ];
    for (const headers of welcome) {
      expect([headers, (await ask(`${url}/threads`, headers as never)).status]).toEqual([
        headers,
        200,
      ]);
    }
  });
});

describe('allowed hosts', () => {
  const hosts = async (lab: Lab, kind: string) => {
    const allowedHosts = ['chat.example.com', '127.0.0.1'];
    if (kind === 'createApp') {
      const store = { ...createMemoryStore(), durable: true };
      const config = { mode: 'production', authorize: () => true, store } as const;
      const { app } = await lab.loggedApp({ ...config, allowedHosts });
      return { url: app.url, disconnect: () => app.io.disconnectSockets(true) };
    }
    const { url, io } = await serveAllRoutes(lab, { allowedHosts });
    return { url, disconnect: () => io.disconnectSockets(true) };
  };

  test.for(['createApp', 'attachSessions'])(
    'are the only ones that %s answers',
    async (kind, lab) => {
      const { url, disconnect } = await hosts(lab, kind);
      for (const host of ['chat.example.com', 'chat.example.com:8443', '127.0.0.1:80']) {
        for (const path of ['/healthz', '/threads/t', HANDSHAKE]) {
          const { status } = await ask(url + path, { host });
          expect([host, path, status]).toEqual([host, path, path === '/threads/t' ? 404 : 200]);
        }
      }
      for (const host of ['evil.example', 'chat.example.com.evil.example', 'localhost']) {
        for (const path of ['/', '/healthz', '/threads/t', '/nothing', '/session_monitor.js']) {
          expect(await refusalOf(await ask(url + path, { host }))).toEqual([403, 'authorisation']);
        }
        // Its own origin is no help: that is what DNS rebinding looks like.
        const rebound = { host, origin: `http://${host}` };
        expect((await ask(url + HANDSHAKE, rebound)).status).toBe(403);
        expect((await ask(`${url}/threads/t/events`, rebound, 'POST')).status).toBe(403);
      }
      disconnect();
    },
  );

  test('are host names', async (lab) => {
    const misused = attach(lab, { allowedHosts: ['https://chat.example.com'] });
    await expect(misused).rejects.toThrow(/ERR_CONFIG|allowedHosts has/);
  });
});

test('behind a proxy that is trusted, a page of another scheme is foreign', async (lab) => {
  const post = (url: string, scheme: string, seen: string) =>
    fetch(
      `${url}/threads/t/events`,
      jsonPost(
        { event: 'note', data: 1 },
        { origin: url.replace('http', scheme), 'x-forwarded-proto': seen },
      ),
    ).then(({ status }) => status);
  const trusting = await serveAllRoutes(lab, { trustProxy: true, mode: 'production' });
  expect(await post(trusting.url, 'https', 'https')).toBe(200);
  expect(await post(trusting.url, 'http', 'https')).toBe(403);
  const other = await serveAllRoutes(lab, { mode: 'production' });
  expect(await post(other.url, 'http', 'https')).toBe(200);
});
