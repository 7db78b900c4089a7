/** What one address may begin. Addresses are counted in production, and in development behind a proxy. */

import { expect } from 'vitest';
import { handshake } from '../support/handshake.js';
import { test } from '../support/lab.js';
import { publicApp } from '../support/public-app.js';
import { range, until } from '../support/until.js';

const THREAD = 'shared';

const statuses = (answers: readonly { readonly status: number }[]) =>
  answers.map(({ status }) => status).sort();

/** A proxy of this machine says where the client is. */
const throughProxy = (url: string, forwardedFor: string) =>
  handshake(url, { from: '127.0.0.1', headers: { 'x-forwarded-for': forwardedFor } });

test.for(['polling', 'websocket'] as const)(
  'an address holds so many connections that follow nothing, by %s',
  async (transport, lab) => {
    const { url, hits, connections } = await publicApp(lab, { unregistered: 5 });
    const many = await Promise.all(range(1, 12).map(() => handshake(url, { transport })));
    const admitted = transport === 'polling' ? 200 : 101;
    expect(statuses(many)).toEqual([...Array(5).fill(admitted), ...Array(7).fill(429)].sort());
    const refused = many.find(({ status }) => status === 429);
    expect(refused?.headers).toMatchObject({
      'ratelimit-policy': '"unregistered";q=5;qu="concurrent-requests"',
      ratelimit: expect.stringMatching(/^"unregistered";r=0;t=[1-3]$/),
      'retry-after': expect.stringMatching(/^[1-3]$/),
    });
    expect(JSON.parse(refused?.text ?? '')).toMatchObject({
      code: 'limit_reached',
      retry_after_ms: expect.any(Number),
    });
    // Another address has its own.
    const client = await lab.liveClient(url, { thread_id: THREAD });
    // A WebSocket whose peer does not answer the closing frame goes, too.
    await until('theirs are gone', () => connections() === 1);
    expect((await handshake(url, { transport })).status).toBe(admitted);
    expect([client.errors, hits()]).toEqual([[], ['unregistered']]);
  },
);

test('connections that follow something, or have, do not count', async (lab) => {
  const { app, url, hits } = await publicApp(lab, { unregistered: 2 });
  for (const n of range(1, 6)) await lab.liveClient(url, { thread_id: `t${n}` });
  const v1 = await lab.registeredV1Client(url, THREAD);
  const last = await lab.liveClient(url, { thread_id: THREAD });
  last.monitor.stop();
  await until('left', () => app.sessions.stats().sessions === 7);
  await lab.liveClient(url, { thread_id: THREAD });
  expect([v1.socket.connected, hits()]).toEqual([true, []]);
});

test.for(['polling', 'websocket'] as const)(
  'handshakes of an address have a rate, and a refused monitor comes back by itself, by %s',
  async (transport, lab) => {
    const { url, hits } = await publicApp(lab, { handshakesPerSecond: 2 });
    const many = await Promise.all(range(1, 20).map(() => handshake(url, { transport })));
    const refused = many.filter(({ status }) => status === 429).length;
    // Three seconds' worth at once; a slow machine makes room for some more.
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThanOrEqual(14);
    const clients = await Promise.all(
      range(1, 7).map((n) => lab.liveClient(url, { thread_id: `t${n}`, transport })),
    );
    expect(clients.flatMap(({ errors }) => errors)).toEqual([]);
    expect(hits()[0]).toBe('handshakesPerSecond');
  },
);

test('clients behind a proxy of this machine are counted one by one', async (lab) => {
  const { url } = await publicApp(lab, { unregistered: 1 });
  const answers = [await throughProxy(url, '192.0.2.1'), await throughProxy(url, '192.0.2.2')];
  expect(statuses(answers)).toEqual([200, 200]);
  expect((await throughProxy(url, '192.0.2.2')).status).toBe(429);
});

test('the neighbours of an IPv6 address are counted with it', async (lab) => {
  const { url } = await publicApp(lab, { unregistered: 1 });
  expect((await throughProxy(url, '2001:db8:0:1::1')).status).toBe(200);
  expect((await throughProxy(url, '2001:db8:0:1::2')).status).toBe(429);
  expect((await throughProxy(url, '2001:db8:0:2::1')).status).toBe(200);
});

test('a client elsewhere cannot make its address up', async (lab) => {
  const { url } = await publicApp(lab, { unregistered: 1 }, { trustProxy: false });
  // Of a real client only the last entry, which a proxy has added, counts.
  const through = (address: string) => throughProxy(url, `${address}, 192.0.2.9`);
  expect((await through('192.0.2.1')).status).toBe(200);
  expect((await through('192.0.2.2')).status).toBe(429);
});

test('in development programs of this machine are not counted', async (lab) => {
  const limits = { unregistered: 1, handshakesPerSecond: 1 };
  const { url } = await publicApp(lab, limits, { mode: 'development' });
  const many = await Promise.all(range(1, 20).map(() => handshake(url)));
  expect(statuses(many)).toEqual(Array(20).fill(200));
});

test('a proxy elsewhere that is not trusted is one address, and the log says what to do', async (lab) => {
  const { url, lines } = await publicApp(lab, { unregistered: 1 });
  // A loopback peer is a proxy of this machine; what it says last is not an address.
  const through = () => handshake(url, { headers: { 'x-forwarded-for': 'unknown' } });
  expect([(await through()).status, (await through()).status]).toEqual([200, 429]);
  expect(lines.some(({ msg = '' }) => String(msg).includes('TRUST_PROXY=yes'))).toBe(true);
});
