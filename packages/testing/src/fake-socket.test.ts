import { expect } from 'vitest';
import { range, test } from './lab.fixture.js';

test('connects, gets a greeting, and disconnects when the app says so', async (lab) => {
  const server = lab.server();
  const socket = server.socket();
  const heard: unknown[] = [];
  socket.on('connect', () => heard.push(['connect', typeof socket.id]));
  socket.on('connected', ({ status }: { readonly status: string }) => heard.push(status));
  socket.on('disconnect', (reason: string) => heard.push(reason));
  expect([socket.connected, socket.active, socket.id]).toEqual([false, false, undefined]);
  socket.connect();
  expect([socket.connected, socket.active]).toEqual([false, true]);
  await server.settled();
  expect([socket.connected, socket.disconnected]).toEqual([true, false]);
  socket.disconnect();
  expect([socket.connected, socket.active, socket.id]).toEqual([false, false, undefined]);
  await lab.clock.advance(60_000);
  expect(heard).toEqual([['connect', 'string'], 'connected', 'io client disconnect']);
});

test('keeps trying while the server is down, less and less often', async (lab) => {
  const { server, socket } = await lab.connect();
  let refused = 0;
  socket.on('connect_error', () => {
    refused += 1;
  });
  const attempts: number[] = [];
  socket.io.on('reconnect_attempt', (attempt: number) => attempts.push(attempt));
  socket.io.on('reconnect', (attempt: number) => attempts.push(-attempt));
  server.down();
  await lab.clock.advance(1_000);
  const atFirst = refused;
  await lab.clock.advance(10_000);
  expect(atFirst).toBeGreaterThan(4);
  expect(refused - atFirst).toBeLessThan(12);
  server.up();
  await server.settled();
  expect(socket.connected).toBe(true);
  const last = attempts.at(-2) ?? 0;
  expect(attempts).toEqual([...range(1, last), -last]);
  expect(last).toBe(refused + 1);
});

test('listeners come and go as on a socket of Socket.IO', async (lab) => {
  const { server, socket } = await lab.connect();
  const heard: string[] = [];
  const twice = () => heard.push('twice');
  const never = () => heard.push('never');
  socket.on('x', twice).on('x', twice);
  socket.once('x', () => heard.push('once'));
  socket.once('x', never).off('x', never);
  socket.on('y', never).off('y');
  const any = (event: string, payload: unknown) => heard.push(`any ${event} ${String(payload)}`);
  socket.onAny(any);
  socket.prependAny((event: string) => heard.push(`first ${event}`));
  expect(socket.hasListeners('x')).toBe(true);
  expect(socket.listeners('x').length).toBe(3);
  server.emit('x', 1);
  await server.settled();
  expect(heard.splice(0)).toEqual(['first x', 'any x 1', 'twice', 'twice', 'once']);
  socket.off('x', twice).offAny(any);
  server.emit('x', 2);
  server.emit('y');
  await server.settled();
  expect(heard.splice(0)).toEqual(['first x', 'twice', 'first y']);
  socket.off().offAny();
  server.emit('x', 3);
  await server.settled();
  expect(heard).toEqual([]);
});

test("an app's own message is answered with what the server knows of it: nothing", async (lab) => {
  const { server, socket } = await lab.connect();
  const answers: unknown[] = [];
  socket.on('error', ({ code }: { readonly code: string }) => answers.push(code));
  socket.emit('hello', { there: true }, (answer: unknown) => answers.push(answer));
  socket.emit('hello');
  socket.emit('register_session', { protocol: 2 });
  socket.emit('register_session', { protocol: 2 }, (answer: unknown) => answers.push(answer));
  await server.settled();
  expect(answers).toMatchObject([
    { ok: false, error: { code: 'unknown_event' } },
    'unknown_event',
    'missing_ack',
    { ok: false, error: { code: 'bad_thread_id' } },
  ]);
});

test('messages under way take their time, and are lost with the connection', async (lab) => {
  const server = lab.server({ latencyMs: 100 });
  const socket = server.socket().connect();
  const heard: unknown[] = [];
  socket.on('x', (payload: unknown) => heard.push(payload));
  await lab.clock.advance(199);
  expect(socket.connected).toBe(false);
  await lab.clock.advance(1);
  expect(socket.connected).toBe(true);
  server.emit('x', 'lost');
  await lab.clock.advance(50);
  server.cut();
  await server.settled();
  server.emit('x', 'arrives');
  await lab.clock.advance(99);
  expect(heard).toEqual([]);
  await lab.clock.advance(1);
  expect(heard).toEqual(['arrives']);
});

test('an app that connects again by itself gets one connection', async (lab) => {
  const server = lab.server({ latencyMs: 10 });
  const socket = server.socket().connect();
  let connects = 0;
  socket.on('connect', () => {
    connects += 1;
  });
  socket.on('disconnect', () => socket.connect());
  socket.on('connect_error', () => socket.connect());
  await server.settled();
  server.cut();
  await lab.clock.advance(10_000);
  server.down();
  await lab.clock.advance(100);
  server.up();
  await lab.clock.advance(10_000);
  expect([connects, socket.connected]).toEqual([3, true]);
});

test('messages under way when the app disconnects do not arrive', async (lab) => {
  const { server, socket } = await lab.connect({ latencyMs: 10 });
  const heard: unknown[] = [];
  socket.on('x', () => heard.push('x'));
  socket.emit('hello', {}, () => heard.push('an answer'));
  server.emit('x');
  socket.disconnect();
  await lab.clock.advance(5);
  socket.connect();
  await server.settled();
  expect(heard).toEqual([]);
});

test('a connection on which nothing arrives is given up after 45 s', async (lab) => {
  const { server, socket } = await lab.connect();
  const { id } = socket;
  server.freeze();
  await lab.clock.advance(44_000);
  server.thaw();
  server.freeze();
  await lab.clock.advance(44_000);
  expect(socket.id).toBe(id);
  await lab.clock.advance(2_000);
  expect([socket.connected, socket.id === id]).toEqual([true, false]);
});
