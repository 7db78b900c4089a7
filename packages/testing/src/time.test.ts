/** The three kinds of time: real, the test runner's fake timers, a fake clock. */

import { SessionMonitor } from '@session-monitor/client';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { fakeClock } from './fake-clock.js';
import { type FakeServer, fakeServer } from './fake-server.js';
import { follow, numbered, range, THREAD } from './lab.fixture.js';

let servers: FakeServer[] = [];
function made(server: FakeServer): FakeServer {
  servers.push(server);
  return server;
}

afterEach(() => {
  for (const server of servers) server.close();
  servers = [];
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('in real time', () => {
  test('a monitor that the app makes itself needs a socket, and fetch for its messages', async () => {
    const server = made(fakeServer());
    const socket = server.socket();
    const seen: number[] = [];
    socket.on('note', ({ n }: { readonly n: number }) => seen.push(n));
    const options = { thread_id: THREAD, storage: null, fetch: server.fetch };
    const monitor = new SessionMonitor(socket, options).start();
    server.publishMany(THREAD, numbered(1, 3));
    await monitor.sendMessage('Well?');
    server.cut();
    server.publish(THREAD, 'note', { n: 4 });
    await server.settled();
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(monitor.status).toMatchObject({ state: 'live', runs: [{ state: 'completed' }] });
    monitor.stop();
  });

  test('settled says what is missing', async () => {
    const server = made(fakeServer());
    const app = follow(server);
    await server.settled();
    server.freeze();
    server.publish(THREAD, 'note', { n: 1 });
    const waited = server.settled(30);
    await expect(waited).rejects.toMatchObject({ name: 'TestingError', code: 'ERR_IN_VAIN' });
    await expect(waited).rejects.toThrow('a connection is frozen');
    server.thaw();
    await server.settled();
    expect(app.seen).toEqual([1]);
  });

  test('closing the server ends a wait', async () => {
    const server = made(fakeServer());
    follow(server);
    await server.settled();
    server.freeze();
    server.publish(THREAD, 'note', { n: 1 });
    const waited = server.settled();
    server.close();
    await waited;
  });
});

test("the test runner's fake timers are time, too", async () => {
  vi.useFakeTimers();
  const server = made(fakeServer({ latencyMs: 20 }));
  const app = follow(server);
  await vi.advanceTimersByTimeAsync(1_000);
  server.publishMany(THREAD, numbered(1, 3));
  server.down();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(app.monitor.status.state).toBe('recovering');
  server.up();
  server.freeze();
  const settled = server.settled(60_000);
  await vi.advanceTimersByTimeAsync(60_000);
  await settled;
  expect(app.seen).toEqual(range(1, 3));
});

test('an environment without channels will do', async () => {
  vi.stubGlobal('MessageChannel', undefined);
  vi.useFakeTimers();
  const server = made(fakeServer());
  const app = follow(server);
  server.publishMany(THREAD, numbered(1, 3));
  await server.settled();
  expect(app.seen).toEqual([1, 2, 3]);
});

describe('on a fake clock', () => {
  test('settled says what is missing', async () => {
    const server = made(fakeServer({ clock: fakeClock() }));
    // The clock of this monitor does not advance.
    const monitor = new SessionMonitor(server.socket(), { thread_id: THREAD }, fakeClock());
    monitor.on('error', () => {});
    server.refuse('unavailable');
    monitor.start();
    await expect(server.settled()).rejects.toThrow('a monitor is not registered');
    monitor.stop();
  });

  test('the same test happens in the same way again', async () => {
    const runs: unknown[] = [];
    for (let run = 0; run < 2; run += 1) {
      const clock = fakeClock();
      const server = made(fakeServer({ clock, latencyMs: 15 }));
      const app = follow(server);
      await server.settled();
      server.down();
      await clock.advance(10_000);
      server.publishMany(THREAD, numbered(1, 3));
      server.up();
      await server.settled();
      runs.push([clock.now(), app.receipts, app.seen]);
    }
    expect(runs[0]).toEqual(runs[1]);
  });
});
