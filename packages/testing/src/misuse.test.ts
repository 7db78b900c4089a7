import { expect } from 'vitest';
import { TestingError } from './errors.js';
import { fakeServer } from './fake-server.js';
import { follow, THREAD, test } from './lab.fixture.js';

/** The code of what is thrown. */
function codeOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error instanceof TestingError ? error.code : error;
  }
  return undefined;
}

test('refuses impossible arguments where they are written', (lab) => {
  const server = lab.server();
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  server.publish(THREAD, 'note', 1);
  const mistakes: (() => unknown)[] = [
    () => server.publish('no thread', 'note', 1),
    () => server.publish(THREAD, 'two words', 1),
    () => server.publish(THREAD, 'connect', 1),
    () => server.publish(THREAD, 'thread_events', 1),
    () => server.publish(THREAD, 'run_finished', 1),
    () => server.publish(THREAD, 'note', circle),
    () => server.publish(THREAD, 'note', 1n),
    () => server.publish(THREAD, 'note', 'x'.repeat(600_000)),
    () => server.publishEphemeral(THREAD, 'disconnect', 1),
    () => server.reset(THREAD, 'deleted', [['thread_ack', 1]]),
    () => server.trim(THREAD, 2),
    () => server.trim(THREAD, -1),
    () => server.trim('', 0),
    () => server.refuse('no_such_code' as never),
    () => server.refuse('unavailable', { times: 0 }),
    () => server.refuse('unavailable', { retryAfterMs: 0.5 }),
    () => server.drain(-1),
    () => server.reply('Yes.' as never),
    () => server.reply([], { everyMs: -1 }),
    () => fakeServer({ transport: 'pigeon' as never }),
    () => server.cut(fakeServer().socket()),
    () => fakeServer({ latencyMs: -1 }),
    () => fakeServer({ latencyMs: Number.NaN }),
    () => fakeServer({ threads: { 'no thread': [] } }),
  ];
  expect(mistakes.map(codeOf)).toEqual(mistakes.map(() => 'ERR_BAD_ARGUMENT'));
  // Nothing has come of them.
  expect(server.events(THREAD)).toEqual([{ offset: 1, event: 'note', data: 1 }]);
});

test('an order without a target throws', async (lab) => {
  const server = lab.server();
  const orders: (() => unknown)[] = [
    ...[() => server.expire(), () => server.takeOver(), () => server.loseFrame()],
    () => server.repeatFrame(),
  ];
  expect(orders.map(codeOf)).toEqual(orders.map(() => 'ERR_NO_TARGET'));
  follow(server);
  await server.settled();
  const elsewhere: (() => unknown)[] = [
    ...[() => server.expire('other'), () => server.takeOver('other')],
    ...[() => server.loseFrame('other'), () => server.repeatFrame(THREAD)],
  ];
  expect(elsewhere.map(codeOf)).toEqual(elsewhere.map(() => 'ERR_NO_TARGET'));
});

test('a closed server is closed: its monitors are stopped, its sockets dead, and it takes no orders', async (lab) => {
  const { server, app } = await lab.live();
  const failed = expect(server.fetch('http://example.org')).rejects.toThrow('fetch failed');
  server.close();
  server.close();
  expect(app.monitor.status.state).toBe('stopped');
  app.socket.connect();
  await lab.clock.advance(60_000);
  expect([app.socket.connected, app.socket.active]).toEqual([false, false]);
  await failed;
  const orders: (() => unknown)[] = [
    ...[() => server.socket(), () => server.monitor(), () => server.publish(THREAD, 'note', 1)],
    ...[() => server.cut(), () => server.down(), () => server.up(), () => server.freeze()],
    ...[() => server.thaw(), () => server.drain(), () => server.expire(), () => server.takeOver()],
    ...[() => server.refuse('stale'), () => server.accept(), () => server.loseFrame()],
    ...[() => server.repeatFrame(), () => server.emit('x'), () => server.trim(THREAD, 0)],
    ...[() => server.reset(THREAD), () => server.reply([]), () => server.events(THREAD)],
    ...[() => server.publishEphemeral(THREAD, 'x', 1), () => server.followers(THREAD)],
  ];
  expect(orders.map(codeOf)).toEqual(orders.map(() => 'ERR_CLOSED'));
  await expect(server.settled()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
});

test('reports a listener that throws as the app’s error, and goes on', async (lab) => {
  const { server, app } = lab.follow();
  const original = console.error;
  const told: unknown[] = [];
  console.error = (...args) => void told.push(args[1]);
  try {
    app.socket.on('note', () => {
      throw new Error('a mistake');
    });
    server.publish(THREAD, 'note', { n: 1 });
    await server.settled();
  } finally {
    console.error = original;
  }
  expect(String(told)).toBe('Error: a mistake');
  expect(app.monitor.status.offset).toBe(1);
});
