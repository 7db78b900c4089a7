/** What one peer may use: packets, payloads, time without a session. Others notice nothing. */

import type { Authorize } from '@session-monitor/server';
import { io } from 'socket.io-client';
import { expect } from 'vitest';
import { EVENT, QUICK } from '../support/client.js';
import { heldResponder } from '../support/held-responder.js';
import { jsonPost } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';
import { hitsIn } from '../support/logger.js';
import { openPolling } from '../support/polling.js';
import { pause, range, until } from '../support/until.js';

const THREAD = 'shared';
const SEPARATOR = '\x1e';

/** A socket without a monitor, and why it was disconnected. */
function plainSocket(lab: Lab, url: string) {
  const socket = io(url, { ...QUICK, transports: ['websocket'], reconnection: false });
  lab.defer(() => socket.disconnect());
  const reasons: string[] = [];
  socket.on('disconnect', (reason) => reasons.push(reason));
  return { socket, reasons };
}

async function limitedApp(lab: Lab, limits: object = {}, more: object = {}) {
  const { app, url, lines } = await lab.loggedApp({ settings: { limits }, ...more });
  return { app, url, hits: () => hitsIn(lines) };
}

test('a payload of thousands of packets ends its connection', async (lab) => {
  const { app, url, hits } = await limitedApp(lab);
  const client = await lab.liveClient(url, { thread_id: THREAD });
  const flood = await openPolling(url);
  await flood.post('40');
  await flood.post(Array.from({ length: 4_000 }, () => '42["nothing"]').join(SEPARATOR));
  await until('gone', async () => (await flood.poll()).status === 400);
  expect(hits()).toEqual(['packetsPerSecond']);
  await app.sessions.publish(THREAD, EVENT, { n: 1 });
  await until('seen', () => client.seen.length === 1);
  expect(client.errors).toEqual([]);
});

test('a connection that posts on after the server has closed it is forgotten', async (lab) => {
  const { url, hits } = await limitedApp(lab);
  const flood = await openPolling(url);
  // Without a namespace: Socket.IO closes the connection, and a poll would learn of it.
  const payload = Array.from({ length: 100 }, () => '41').join(SEPARATOR);
  for (let n = 0; n <= 10; n += 1) expect((await flood.post(payload)).status).toBe(200);
  expect((await flood.post(payload)).status).toBe(400);
  expect(hits()).toEqual(['packetsPerSecond']);
});

test('a burst is a page that comes back; what follows too soon ends the connection', async (lab) => {
  const { url, hits } = await limitedApp(lab, { packetsPerSecond: 10 });
  const { socket, reasons } = plainSocket(lab, url);
  await until('connected', () => socket.connected);
  for (let n = 0; n < 40; n += 1) socket.emit('leave_session', {});
  // The answers show that all of them were handled.
  let refused = 0;
  socket.on('error', () => (refused += 1));
  await until('handled', () => refused === 40);
  expect(reasons).toEqual([]);
  for (let n = 0; n < 40; n += 1) socket.emit('leave_session', {});
  await until('disconnected', () => reasons.length === 1);
  expect(hits()).toEqual(['packetsPerSecond']);
});

test('binary data is refused, and more of it ends the connection that sends it', async (lab) => {
  const { url, hits } = await limitedApp(lab);
  const { socket, reasons } = plainSocket(lab, url);
  await until('connected', () => socket.connected);
  const codes: string[] = [];
  const message = { thread_id: THREAD, protocol: Buffer.alloc(16) };
  const refused = ({ error }: { error: { code: string } }) => codes.push(error.code);
  socket.emit('register_session', message, refused);
  await until('refused', () => codes.length === 1);
  expect([codes, reasons]).toEqual([['bad_request'], []]);
  for (let n = 0; n < 10; n += 1) socket.emit('register_session', message, refused);
  await until('disconnected', () => reasons.length === 1);
  expect(hits()).toEqual(['packetsPerSecond']);
});

test('a payload over the limit ends its connection; a monitor refuses to send one', async (lab) => {
  const { url } = await limitedApp(lab);
  const client = await lab.liveClient(url, { thread_id: THREAD, transport: 'websocket' });
  const large = 'x'.repeat(61 * 1_024);
  expect(() => client.monitor.send('note', large)).toThrow(
    expect.objectContaining({ code: 'ERR_BAD_MESSAGE' }),
  );
  const most = 'x'.repeat(60 * 1_024 - '["note",""]'.length);
  expect(await client.monitor.send('note', most)).toBe(1);
  expect(client.socket.connected).toBe(true);
  const { socket, reasons } = plainSocket(lab, url);
  await until('connected', () => socket.connected);
  socket.emit('thread_send', { data: 'x'.repeat(65 * 1_024) });
  await until('disconnected', () => reasons.length === 1);
  expect(client.socket.connected).toBe(true);
});

test('a connection that follows nothing is closed, and one that follows something stays', async (lab) => {
  const { app, url, hits } = await limitedApp(lab, { registerTimeoutMs: 300 });
  const client = await lab.liveClient(url, { thread_id: THREAD });
  const v1 = await lab.registeredV1Client(url, THREAD);
  let v1Ends = 0;
  v1.socket.on('disconnect', () => (v1Ends += 1));
  const idle = Array.from({ length: 10 }, () => plainSocket(lab, url));
  await until('closed', () => idle.every(({ reasons }) => reasons.length === 1));
  expect(idle.map(({ reasons }) => reasons)).toEqual(Array(10).fill(['transport close']));
  await until('only two are left', () => app.sessions.stats().connections === 2);
  await app.sessions.publish(THREAD, EVENT, { n: 1 });
  await until('seen', () => client.seen.length === 1 && v1.seen.length === 1);
  // A monitor that stops leaves its socket open: it may follow another thread later.
  client.monitor.stop();
  await until('left', () => app.sessions.stats().sessions === 1);
  expect([client.socket.connected, v1Ends, hits()]).toEqual([true, 0, ['registerTimeoutMs']]);
});

test('a connection that was refused does not come back by itself', async (lab) => {
  const authorize = () => false;
  const { url } = await limitedApp(lab, { registerTimeoutMs: 300 }, { authorize });
  const client = lab.client(url, { thread_id: THREAD });
  const reasons: string[] = [];
  client.socket.on('disconnect', (reason) => reasons.push(reason));
  await until('disconnected', () => reasons.length === 1);
  expect([reasons, client.socket.active]).toEqual([['io server disconnect'], false]);
});

test('a connection that waits for authorize is not closed', async (lab) => {
  const authorize = async () => {
    await pause(1_000);
    return true;
  };
  const { url, hits } = await limitedApp(lab, { registerTimeoutMs: 300 }, { authorize });
  const client = await lab.liveClient(url, { thread_id: THREAD });
  expect([client.errors, hits()]).toEqual([[], []]);
});

test('thousands of questions of one connection reach a slow hook eight at a time', async (lab) => {
  let underWay = 0;
  let most = 0;
  const authorize = async () => {
    underWay += 1;
    most = Math.max(most, underWay);
    await pause(20);
    underWay -= 1;
    return true;
  };
  const limits = { packetsPerSecond: Number.POSITIVE_INFINITY };
  const { url, hits } = await limitedApp(lab, limits, { authorize });
  const { socket } = plainSocket(lab, url);
  await until('connected', () => socket.connected);
  let answered = 0;
  const instance = 'x'.repeat(22);
  for (let n = 0; n < 5_000; n += 1) {
    const message = { protocol: 2, thread_id: `t${n}`, instance, attempt: 1, since: 'now' };
    socket.emit('register_session', message, () => (answered += 1));
    if (n % 1_000 === 999) await until('answered', () => answered > n - 200);
  }
  await until('all are answered', () => answered === 5_000);
  expect(most).toBe(8);
  expect(hits()).toContain('authorizeCalls');
});

test('the tenth wrong token ends the connection that guesses', async (lab) => {
  const authorize = () => ({ denied: 'unauthenticated' as const });
  const { url, hits } = await limitedApp(lab, {}, { authorize });
  const { socket, reasons } = plainSocket(lab, url);
  await until('connected', () => socket.connected);
  const codes: string[] = [];
  for (let n = 0; n < 30; n += 1) {
    const instance = 'x'.repeat(22);
    const token = `guess ${n}`;
    const message = { protocol: 2, thread_id: THREAD, instance, attempt: n + 1, token };
    socket.emit('register_session', message, ({ error }: { error: { code: string } }) =>
      codes.push(error.code),
    );
  }
  await until('disconnected', () => reasons.length === 1);
  // Eight may be under way when the tenth refusal comes.
  const refused = codes.filter((code) => code === 'unauthenticated').length;
  expect(refused).toBeGreaterThanOrEqual(10);
  expect(refused).toBeLessThan(18);
  expect(hits()).toContain('refusalsPerMinute');
});

test('ephemeral events of a client are limited, and each follower gets what was taken', async (lab) => {
  const { app, url, hits } = await limitedApp(lab);
  const followers = await Promise.all(
    Array.from({ length: 20 }, () => lab.liveClient(url, { thread_id: THREAD })),
  );
  const heard = followers.map((): unknown[] => []);
  followers.forEach(({ monitor }, index) => {
    monitor.on('ephemeral', ({ data }) => heard[index]?.push(data));
  });
  const v1 = await lab.registeredV1Client(url, THREAD);
  const sender = await lab.liveClient(url, { thread_id: THREAD });
  let own = 0;
  sender.monitor.on('ephemeral', () => (own += 1));
  for (let n = 1; n <= 100; n += 1) sender.monitor.sendEphemeral('typing', n);
  await until('limited', () => hits().includes('ephemeralsPerSecond'));
  // What follows on the thread shows that all of them have come.
  await app.sessions.publish(THREAD, EVENT, { n: 1 });
  await until('seen', () => followers.every(({ seen }) => seen.length === 1));
  for (const each of heard) {
    // A transport that was busy has dropped some.
    expect(each.length).toBeLessThan(40);
    expect(each).toEqual([...new Set(each)].sort((a, b) => Number(a) - Number(b)));
  }
  expect(Math.max(...heard.map(({ length }) => length))).toBeGreaterThan(0);
  expect(own).toBe(0);
  // The server's own are not limited.
  await until('a v1 client hears one', () => {
    app.sessions.publishEphemeral(THREAD, 'progress', 7);
    return v1.of('progress').length > 0;
  });
  expect(v1.of('progress')[0]).toBe(7);
});

test('one user cannot take all replies', async (lab) => {
  const { responder, release } = heldResponder();
  const limits = { runs: 20, runsPerUser: 10 };
  const authorize: Authorize = ({ token = '' }) => ({ user_id: token });
  const { url, hits } = await limitedApp(lab, limits, { authorize, responder });
  lab.defer(release);
  const ask = async (user: string, thread_id: string) => {
    const question = { user_input: 'go on', thread_id, use_websocket: true };
    const answer = await fetch(
      `${url}/havefun`,
      jsonPost(question, { authorization: `Bearer ${user}` }),
    );
    if (answer.status === 200) void answer.text();
    return answer;
  };
  const asked = await Promise.all(range(1, 15).map((n) => ask('alice', `t${n}`)));
  const refused = asked.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(5);
  expect(refused[0]?.headers.get('retry-after')).not.toBeNull();
  expect(await refused[0]?.json()).toMatchObject({
    error: { code: 'limit_reached', message: expect.stringContaining('of this user') },
  });
  expect((await ask('bob', 'b')).status).toBe(200);
  // On a busy machine readers of the replies rest, too.
  expect(hits().filter((limit) => limit !== 'catchUpMs')).toEqual(['runsPerUser']);
});
