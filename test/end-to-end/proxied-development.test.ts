/** A proxy in front of a server in development mode: behind it every client looks local, so it opens nothing. */

import { createHandler } from '@session-monitor/http';
import { createMemoryStore } from '@session-monitor/server';
import { expect } from 'vitest';
import { attach } from '../support/attached.js';
import { refusalOf } from '../support/json.js';
import { test } from '../support/lab.js';

const HANDSHAKE = '/socket.io/?EIO=4&transport=polling';
const PATHS = ['/', '/threads', '/threads/t/events', '/debug/all-sessions', '/healthz', HANDSHAKE];
const FORWARDED: readonly Record<string, string>[] = [
  { forwarded: 'for=203.0.113.7' },
  { 'x-forwarded-for': '203.0.113.7' },
  { 'x-forwarded-host': 'chat.example.com' },
  { 'x-forwarded-proto': 'https' },
  { via: '1.1 proxy' },
  { 'x-real-ip': '203.0.113.7' },
];

const messageOf = async (answer: Response): Promise<string> => {
  const { message, error } = JSON.parse(await answer.text());
  return message ?? error.message;
};

test.for(FORWARDED)('gets nothing where any caller may do everything: %j', async (headers, lab) => {
  const { url, lines } = await lab.loggedApp();
  for (const path of PATHS) {
    const answer = await fetch(url + path, { headers });
    expect([path, answer.status]).toEqual([path, 403]);
    expect(await messageOf(answer)).toMatch(/A proxy has passed.*MODE=production and AUTHORIZE/);
  }
  const told = lines.filter(({ level }) => level === 40);
  expect(told.map(({ msg }) => msg)).toEqual([expect.stringContaining('MODE=production')]);
});

test('gets what authorize grants, but not /debug', async (lab) => {
  const { url, app } = await lab.loggedApp({ authorize: () => true });
  lab.defer(() => app.io.disconnectSockets(true));
  const [headers] = FORWARDED;
  const own = await attach(lab, { mode: 'development' });
  own.http.on('request', createHandler(own.sessions));
  for (const each of [url, own.url]) {
    const page = await fetch(`${each}/threads/t/events`, {
      headers: { ...headers, accept: 'application/json' },
    });
    expect(page.status).toBe(200);
    const debug = await fetch(`${each}/debug/all-sessions`, { headers: headers ?? {} });
    expect(await refusalOf(debug)).toEqual([403, 'authorisation']);
  }
  expect((await fetch(url + HANDSHAKE, { headers: headers ?? {} })).status).toBe(200);
});

test('is no matter in production', async (lab) => {
  const store = { ...createMemoryStore(), durable: true };
  const app = await lab.app({ mode: 'production', authorize: () => true, store });
  const [headers] = FORWARDED;
  expect((await fetch(`${app.url}/healthz`, { headers: headers ?? {} })).status).toBe(200);
  const debug = await fetch(`${app.url}/debug/all-sessions`, { headers: headers ?? {} });
  expect(await refusalOf(debug)).toEqual([404, 'not_found']);
});
