import { createRequire } from 'node:module';
import { io } from 'socket.io-client';
import { describe, expect } from 'vitest';
import { publish } from '../support/app.js';
import { type Lab, test } from '../support/lab.js';
import { range, until } from '../support/until.js';
import { V1Backend, type V1BackendOptions } from '../support/v1-backend.js';

/** The classic script, as pages without a build step load it. */
const classic = createRequire(import.meta.url)(
  '@session-monitor/client/session_monitor.js',
) as typeof import('@session-monitor/client');

const THREAD = 'old-thread';
const PING_INTERVAL_MS = 50;

describe('session_monitor.js on a backend that only speaks v1', () => {
  test('registers, pings at the interval, and stops on `stop`', async (lab) => {
    const { backend, monitor } = await setUp(lab);
    await until('several pings', () => backend.payloads('ping').length >= 5);
    expect(backend.heard[0]?.name).toBe('register_session');
    expect(backend.payloads('register_session')).toEqual([
      expect.objectContaining({ thread_id: THREAD, user_id: 'alice' }),
    ]);
    expect(backend.payloads('ping')[0]).toEqual({
      thread_id: THREAD,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    const pings = backend.heard.filter(({ name }) => name === 'ping');
    const gaps = pings.slice(1).map(({ at }, index) => at - (pings[index]?.at ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(PING_INTERVAL_MS / 2);
    expect(monitor.status).toMatchObject({
      state: 'live',
      protocol: 1,
      exactly_once: false,
      thread_id: THREAD,
    });

    monitor.stop();
    const heard = backend.heard.length;
    backend.io.emit('system_ping', { timestamp: 'now', message: 'Hello?' });
    // A round trip of another client through the backend.
    const other = io(backend.url, { forceNew: true });
    lab.defer(() => other.disconnect());
    await other.timeout(5_000).emitWithAck('ping', {});
    expect(backend.heard.slice(heard).map(({ name }) => name)).toEqual(['ping']);
    expect(monitor.status.state).toBe('stopped');
  });

  test('answers a system_ping at once, and pings', async (lab) => {
    const { backend, monitor } = await setUp(lab, {}, 60_000);
    await until('the first pong', () => monitor.status.rtt_ms !== null);
    const pings = backend.payloads('ping').length;
    backend.io.emit('system_ping', { timestamp: '2026-01-01T00:00:00Z', message: 'Hello?' });
    await until('answered', () => backend.payloads('system_ping_response').length === 1);
    expect(backend.payloads('system_ping_response')).toEqual([
      {
        thread_id: THREAD,
        timestamp: '2026-01-01T00:00:00Z',
        received_at: expect.stringMatching(/^\d{4}-/),
      },
    ]);
    await until('pinged', () => backend.payloads('ping').length === pings + 1);
  });

  const forms: readonly NonNullable<V1BackendOptions['missed']>[] = ['events', 'missed_messages'];
  for (const missed of forms) {
    test(`registers again after a cut, and delivers missed events (${missed})`, async (lab) => {
      const { backend, monitor, events } = await setUp(lab, { missed });
      backend.send(THREAD, 'message', { type: 'message', n: 1 });
      await until('applied', () => events.length === 1);
      backend.io.disconnectSockets();
      await until('disconnected', () => backend.io.sockets.sockets.size === 0);
      backend.send(THREAD, 'message', { type: 'message', n: 2 });
      backend.send(THREAD, 'analysis_update', { type: 'analysis', n: 3 });
      backend.send(THREAD, 'analysis_update', { n: 4 });
      await until('missed messages', () => events.length === 4);
      expect(events).toEqual([
        ['message', 1],
        ['message', 2],
        ['analysis_update', 3],
        ['analysis_update', 4],
      ]);
      expect(backend.payloads('register_session').length).toBe(2);
      expect(backend.payloads('request_missed_messages')).toEqual([{ thread_id: THREAD }]);
      const names = backend.heard.map(({ name }) => name);
      expect(names.lastIndexOf('register_session')).toBeLessThan(
        names.indexOf('request_missed_messages'),
      );
      expect(monitor.status).toMatchObject({ state: 'live', protocol: 1, reconnects: 1 });
    });
  }

  test('accepts no_missed_messages', async (lab) => {
    const { backend, monitor, errors } = await setUp(lab, { missed: 'no_missed_messages' });
    backend.io.disconnectSockets();
    await until('asked', () => backend.payloads('request_missed_messages').length === 1);
    backend.send(THREAD, 'message', { n: 1 });
    await until('live', () => monitor.status.state === 'live');
    expect(errors).toEqual([]);
  });

  for (const answers of ['acknowledgement', 'both'] as const) {
    test(`knows the dialect by its answer (${answers})`, async (lab) => {
      const { backend, monitor, events } = await setUp(lab, { answers });
      backend.send(THREAD, 'message', { n: 1 });
      await until('applied', () => events.length === 1);
      expect(monitor.status).toMatchObject({ state: 'live', protocol: 1 });
      expect(backend.payloads('register_session').length).toBe(1);
    });
  }

  test('does not count a backend that never answers a ping as dead', async (lab) => {
    const { backend, monitor } = await setUp(lab, { answersPings: false });
    await until('pings go on', () => backend.payloads('ping').length >= 2, { timeoutMs: 10_000 });
    expect(monitor.status).toMatchObject({ state: 'live', reconnects: 0 });
  });

  test('hands events to monitor.on and onAny as well, without an offset', async (lab) => {
    const { backend, monitor } = await setUp(lab);
    const seen: unknown[] = [];
    monitor.on('knowledge', (data, meta) => seen.push([data, meta]));
    monitor.onAny((event, data, meta) => seen.push([event, data, meta]));
    backend.io.emit('system_ping', { timestamp: 'now', message: 'Hello?' });
    backend.send(THREAD, 'knowledge', { n: 1 });
    await until('applied', () => seen.length === 2);
    const meta = { event: 'knowledge', thread_id: THREAD, epoch: '', offset: 0, span: 1 };
    expect(seen).toEqual([
      [{ n: 1 }, meta],
      ['knowledge', { n: 1 }, meta],
    ]);
  });

  test('keeps a v2 cursor through it: reports the downgrade, exactly once on v2 again', async (lab) => {
    const server = await lab.app();
    const proxy = await lab.proxy(server.url);
    const backend = await V1Backend.start();
    lab.defer(() => backend.close());
    const { monitor, seen, offsets, receipts } = lab.client(proxy.url, { thread_id: THREAD });
    const downgrades: unknown[] = [];
    monitor.on('protocol_downgrade', (notice) => downgrades.push(notice));
    await publish(server, THREAD, 1, 20);
    await until('applied', () => seen.length === 20);

    proxy.retarget(Number(new URL(backend.url).port));
    proxy.cut();
    await until('on v1', () => monitor.status.protocol === 1, { state: () => monitor.status });
    expect(downgrades).toEqual([expect.objectContaining({ offset: 20 })]);
    await publish(server, THREAD, 21, 40);
    proxy.retarget(Number(new URL(server.url).port));
    proxy.cut();
    await until('caught up on v2', () => offsets.at(-1) === 40, { state: () => monitor.status });
    expect(monitor.status).toMatchObject({ protocol: 2, exactly_once: true });
    expect(offsets).toEqual(range(1, 40));
    expect(receipts.at(-1)).toMatchObject({ outcome: 'resumed', from: 21 });
  });
});

/** A v1 backend and an app with the classic script, live on it. */
async function setUp(lab: Lab, options: V1BackendOptions = {}, pingInterval = PING_INTERVAL_MS) {
  const backend = await V1Backend.start(options);
  lab.defer(() => backend.close());
  const socket = io(backend.url, { forceNew: true, reconnectionDelay: 20 });
  const monitor = new classic.SessionMonitor(socket, {
    thread_id: THREAD,
    user_id: 'alice',
    pingInterval,
  });
  lab.defer(() => {
    monitor.stop();
    socket.disconnect();
  });
  /** The app's events and their `n`. */
  const events: [string, number][] = [];
  const errors: unknown[] = [];
  for (const name of ['message', 'analysis_update']) {
    socket.on(name, ({ n }) => events.push([name, n]));
  }
  monitor.on('error', (error) => errors.push(error));
  monitor.start();
  await until('live', () => monitor.status.state === 'live', { state: () => monitor.status });
  return { backend, monitor, events, errors };
}
