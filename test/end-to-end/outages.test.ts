/** Outages as an app sees them: the reason, the time of the next attempt, and an attempt on demand. */

import { createServer } from 'node:http';
import { SessionMonitor, type SocketLike } from '@session-monitor/client';
import { overSse } from '@session-monitor/client/sse';
import { io } from 'socket.io-client';
import { describe, expect } from 'vitest';
import type { FaultProxy } from '../support/fault-proxy.js';
import { type Lab, test } from '../support/lab.js';
import { listen } from '../support/listen.js';
import { until } from '../support/until.js';
import { V1Backend } from '../support/v1-backend.js';

const THREAD = 'outage';
const UNREACHABLE = /^The server cannot be reached, or it refuses pages of this origin \(.+\)\.$/;

function follow(lab: Lab, socket: SocketLike) {
  const monitor = new SessionMonitor(socket, { thread_id: THREAD, storage: null });
  const errors: string[] = [];
  monitor.on('error', ({ code }) => errors.push(code));
  lab.defer(() => {
    monitor.stop();
    socket.disconnect();
  });
  const isLive = () => monitor.status.state === 'live';
  const live = () => until('live', isLive, { state: () => monitor.status });
  const announced = () =>
    until('announced', () => monitor.status.reason ?? undefined, { state: () => monitor.status });
  const isPlanned = () =>
    until('the next attempt', () => monitor.status.next_attempt_at ?? undefined);
  /** Lets it in, and does not wait for its next attempt. */
  const livesAgain = async (proxy: FaultProxy) => {
    proxy.refusing = false;
    monitor.retry();
    await live();
  };
  return { monitor: monitor.start(), errors, live, announced, isPlanned, livesAgain };
}

describe('on a socket whose manager reconnects', () => {
  test('each attempt comes no later than announced', async (lab) => {
    const { proxy } = await lab.proxiedApp();
    const socket = io(proxy.url, { reconnectionDelay: 500, reconnectionDelayMax: 2_000 });
    const { monitor, errors, live, announced } = follow(lab, socket);
    await live();
    proxy.refusing = true;
    proxy.cut();
    const cutAt = performance.now();
    expect(await announced()).toMatch(UNREACHABLE);
    expect(performance.now() - cutAt).toBeGreaterThan(4_900);
    const late: number[] = [];
    let due: number | null = null;
    monitor.subscribe(({ next_attempt_at }) => {
      due = next_attempt_at ?? due;
    });
    socket.io.on('reconnect_attempt', () => {
      if (due !== null) late.push(Date.now() - due);
    });
    await until('three attempts', () => late.length >= 3);
    // A timer of a busy process may be late.
    for (const ms of late) expect(ms).toBeLessThan(400);
    proxy.refusing = false;
    await live();
    expect(monitor.status).toMatchObject({ reason: null, next_attempt_at: null });
    expect(errors).toEqual(['no_connection']);
  });

  test('`retry` does not wait for it', async (lab) => {
    const { proxy } = await lab.proxiedApp();
    proxy.refusing = true;
    const waits = { reconnectionDelay: 600_000, reconnectionDelayMax: 600_000 };
    const { monitor, announced, livesAgain } = follow(lab, io(proxy.url, waits));
    await announced();
    expect(monitor.status.next_attempt_at).toBeGreaterThan(Date.now() + 60_000);
    await livesAgain(proxy);
  });
});

// Each of these tests waits idle for five seconds.
describe.concurrent('an outage reports', () => {
  test('what a proxy answers', async (lab) => {
    const proxy = createServer((_request, response) => {
      response.statusCode = 502;
      response.end('Bad gateway');
    });
    lab.defer(() => proxy.close());
    const { announced } = follow(lab, io(await listen(proxy)));
    expect(await announced()).toBe('The server, or a proxy, answered 502: xhr poll error');
  });

  test('what the server says of the page’s origin, where the page may read it', async (lab) => {
    const app = await lab.app();
    const headers = { origin: 'http://elsewhere.example' };
    const { announced } = follow(lab, io(app.url, { extraHeaders: headers }));
    expect(await announced()).toMatch(/answered 403: Pages of this origin may not connect\. List /);
  });

  test('that a socket no longer reconnects by itself: the monitor does', async (lab) => {
    const { proxy } = await lab.proxiedApp();
    proxy.refusing = true;
    const { announced, isPlanned, livesAgain } = follow(
      lab,
      io(proxy.url, { reconnection: false }),
    );
    expect(await announced()).toMatch(UNREACHABLE);
    await isPlanned();
    await livesAgain(proxy);
  });

  test('that a v1 backend is gone', async (lab) => {
    const backend = await V1Backend.start();
    lab.defer(() => backend.close());
    const proxy = await lab.proxy(backend.url);
    const { monitor, errors, live, announced, livesAgain } = follow(lab, io(proxy.url));
    await live();
    expect(monitor.status.protocol).toBe(1);
    proxy.refusing = true;
    proxy.cut();
    expect(await announced()).toMatch(UNREACHABLE);
    await livesAgain(proxy);
    expect(errors).toEqual(['no_connection']);
  });

  test('that a stream of server-sent events is gone', async (lab) => {
    const { proxy } = await lab.proxiedApp();
    const { errors, live, announced, isPlanned, livesAgain } = follow(lab, overSse(proxy.url));
    await live();
    proxy.refusing = true;
    proxy.cut();
    expect(await announced()).toMatch(UNREACHABLE);
    expect(errors).toEqual(['no_connection']);
    await isPlanned();
    await livesAgain(proxy);
  });

  test('why the server cannot grant a registration', async (lab) => {
    let isDown = true;
    const app = await lab.app({
      authorize: () => {
        if (isDown) throw new Error('The user database does not answer.');
        return true;
      },
    });
    const { monitor, live, announced } = follow(lab, io(app.url));
    expect(await announced()).toBe('The server cannot check permissions at the moment. Try again.');
    expect(monitor.status.state).toBe('registering');
    isDown = false;
    monitor.retry();
    await live();
  });
});
