/** Outages as an app sees them, in virtual time, on the session server of the testing kit. */

import { expect } from 'vitest';
import { follow, type TestingLab, test } from '../../../../testing/src/lab.fixture.js';
import { StubSocket } from '../../follower/fake-socket.fixture.js';
import { SessionMonitor } from '../../session-monitor.js';

const CANNOT =
  'The server cannot be reached, or it refuses pages of this origin (websocket error).';

function stage(lab: TestingLab, isUp = true) {
  const server = lab.server();
  if (!isUp) server.down();
  const app = follow(server);
  const shown = () => {
    const { state, reason, next_attempt_at } = app.monitor.status;
    return { state, reason, next_attempt_at };
  };
  return { server, app, shown };
}

test('reports an unreachable server after five seconds, once', async (lab) => {
  const { server, app, shown } = stage(lab, false);
  await lab.clock.advance(4_999);
  expect([shown(), app.errors]).toEqual([
    { state: 'connecting', reason: null, next_attempt_at: null },
    [],
  ]);
  await lab.clock.advance(1);
  expect([shown().reason, app.errors]).toEqual([CANNOT, ['no_connection']]);
  await lab.clock.advance(600_000);
  expect([shown().reason, app.errors]).toEqual([CANNOT, ['no_connection']]);
  // Its many attempts take one line of the log, and leave room for others.
  const { recent_log } = app.monitor.diagnostics();
  expect(recent_log.filter((line) => line.endsWith(` ${CANNOT}`))).toHaveLength(1);
  server.up();
  await server.settled();
  expect(shown()).toEqual({ state: 'live', reason: null, next_attempt_at: null });
  // The next outage is another one.
  server.down();
  await lab.clock.advance(10_000);
  expect([shown().reason, app.errors]).toEqual([CANNOT, ['no_connection', 'no_connection']]);
});

test('does not report an outage of less than five seconds', async (lab) => {
  const { server, app, shown } = stage(lab);
  await server.settled();
  for (let n = 0; n < 5; n += 1) {
    server.down();
    await lab.clock.advance(1_000);
    expect(shown().reason).toBeNull();
    server.up();
    await server.settled();
  }
  expect(app.errors).toEqual([]);
});

test('tells the app that it disconnected its socket, and `retry` connects it', async (lab) => {
  const { server, app, shown } = stage(lab);
  await server.settled();
  app.socket.disconnect();
  await lab.clock.advance(5_000);
  expect(shown()).toEqual({
    state: 'connecting',
    reason: 'The app has disconnected the socket.',
    next_attempt_at: null,
  });
  app.monitor.retry();
  await server.settled();
  expect(shown().state).toBe('live');
});

test('a drain says when the monitor comes back, and `retry` does not wait for it', async (lab) => {
  const { server, app, shown } = stage(lab);
  await server.settled();
  const before = lab.clock.wall();
  server.drain(60_000);
  await lab.clock.advance(5_000);
  expect(shown()).toEqual({
    state: 'recovering',
    reason: 'The server is being replaced and asked to come back later.',
    next_attempt_at: before + 60_000,
  });
  app.monitor.retry();
  await lab.clock.advance(100);
  expect(shown()).toEqual({ state: 'live', reason: null, next_attempt_at: null });
});

test('a registration that is refused for now says why and until when; `retry` asks at once', async (lab) => {
  const { server, app, shown } = stage(lab);
  server.refuse('unavailable', { times: 1, retryAfterMs: 30_000 });
  await lab.clock.advance(6_000);
  expect(shown()).toMatchObject({ state: 'registering', next_attempt_at: expect.any(Number) });
  expect(Math.round((shown().next_attempt_at ?? 0) - lab.clock.wall())).toBe(24_000);
  expect(shown().reason).toContain('unavailable');
  app.monitor.retry();
  await server.settled();
  expect(shown().state).toBe('live');
  expect(lab.clock.now()).toBeLessThan(6_100);
});

test('`retry` is harmless in every state', async (lab) => {
  const server = lab.server();
  const monitor = server.monitor({ thread_id: 't' });
  monitor.retry();
  expect(monitor.status.state).toBe('idle');
  monitor.start();
  for (let n = 0; n < 100; n += 1) monitor.retry();
  await server.settled();
  expect(monitor.status).toMatchObject({ state: 'live', reconnects: 0 });
  monitor.retry();
  await server.settled();
  expect(monitor.status).toMatchObject({ state: 'live', reconnects: 0 });
  server.refuse('authorisation');
  server.cut();
  await server.settled();
  monitor.retry();
  expect(monitor.status.state).toBe('failed');
  monitor.stop().retry();
  expect(monitor.status.state).toBe('stopped');
  expect(lab.clock.pending).toBe(0);
});

test('an impatient user does not keep attempts from coming through', async (lab) => {
  const server = lab.server({ latencyMs: 400 });
  server.down();
  const { monitor } = follow(server);
  await lab.clock.advance(10_000);
  server.up();
  for (let n = 0; n < 40; n += 1) {
    monitor.retry();
    await lab.clock.advance(100);
  }
  expect(monitor.status.state).toBe('live');
});

test('a page that was put away tells of no outage when it is back', async (lab) => {
  const { server, app, shown } = stage(lab);
  await server.settled();
  lab.clock.sleep();
  server.down();
  lab.clock.wake();
  await lab.clock.advance(3_000);
  lab.clock.wake();
  await lab.clock.advance(3_000);
  expect([shown().reason, app.errors]).toEqual([null, []]);
  await lab.clock.advance(2_000);
  expect(app.errors).toEqual(['no_connection']);
});

test('a monitor that is stopped in an outage waits for nothing', async (lab) => {
  const { app } = stage(lab, false);
  await lab.clock.advance(6_000);
  app.monitor.stop();
  expect(app.monitor.status).toMatchObject({ reason: null, next_attempt_at: null });
  app.socket.disconnect();
  expect(lab.clock.pending).toBe(0);
});

test('gives the latest possible time of Socket.IO’s own attempts', async (lab) => {
  const socket = new StubSocket();
  Object.assign(socket.io, {
    reconnectionDelay: () => 1_000,
    reconnectionDelayMax: () => 5_000,
    randomizationFactor: () => 0.5,
  });
  const monitor = new SessionMonitor(socket, { thread_id: 't', storage: null }, lab.clock);
  const waits: (number | null)[] = [];
  const fail = () => {
    socket.fail('xhr poll error');
    const { next_attempt_at } = monitor.status;
    waits.push(next_attempt_at === null ? null : next_attempt_at - lab.clock.wall());
  };
  monitor.start();
  await lab.clock.advance(100);
  socket.fail('xhr poll error');
  await lab.clock.advance(4_900);
  for (let n = 0; n < 4; n += 1) {
    fail();
    socket.attempt();
    expect(monitor.status.next_attempt_at).toBeNull();
  }
  expect(waits).toEqual([1_500, 3_000, 5_000, 5_000]);
  monitor.stop();
});
