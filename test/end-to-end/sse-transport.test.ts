/** A thread over server-sent events alone: the monitor, its inbox and its cursor are those of a socket. */

import { SessionMonitor, type SessionMonitorOptions } from '@session-monitor/client';
import { overSse } from '@session-monitor/client/sse';
import { describe, expect } from 'vitest';
import { createStorage } from '../support/client.js';
import { type Lab, test } from '../support/lab.js';
import { range, until } from '../support/until.js';

const THREAD = 'over-http';
/** An app's own event: those of a reply may not be sent by a client. */
const EVENT = 'note';

function follow(lab: Lab, url: string, options: SessionMonitorOptions = {}) {
  const socket = overSse(url);
  const monitor = new SessionMonitor(socket, { thread_id: THREAD, storage: null, ...options });
  const seen: number[] = [];
  const offsets: number[] = [];
  const outcomes: string[] = [];
  const told: string[] = [];
  socket.on(EVENT, ({ n }: { n: number }) => void seen.push(n));
  monitor.on(EVENT, (_data, { offset }) => offsets.push(offset));
  monitor.on('registered', ({ outcome }) => outcomes.push(outcome));
  monitor.on('gap', ({ from, to }) => told.push(`gap ${from} to ${to}`));
  monitor.on('reset', ({ reason, from }) => told.push(`reset ${reason} ${from}`));
  monitor.on('failed', ({ code }) => told.push(`failed ${code}`));
  monitor.on('error', ({ code }) => told.push(code));
  monitor.start();
  lab.defer(() => {
    monitor.stop();
    socket.disconnect();
  });
  return { socket, monitor, seen, offsets, outcomes, told };
}

describe('a thread over server-sent events', () => {
  test('is followed from the start and as it grows, to listeners of the socket and the monitor', async (lab) => {
    const app = await lab.app();
    for (const n of range(1, 50)) await app.sessions.publish(THREAD, EVENT, { n });
    const { monitor, seen, offsets, outcomes, told } = follow(lab, app.url);
    await until('what there was', () => seen.length === 50);
    for (const n of range(51, 100)) await app.sessions.publish(THREAD, EVENT, { n });
    await until('what came', () => seen.length === 100);
    expect(seen).toEqual(range(1, 100));
    expect(offsets).toEqual(range(1, 100));
    expect([outcomes, told]).toEqual([['new'], []]);
    expect(monitor.status).toMatchObject({ state: 'live', transport: 'sse', offset: 100 });
    expect(app.sessions.stats().connections).toBe(0);
  });

  test('loses and repeats no word through a network that cuts', async (lab) => {
    const { app, proxy } = await lab.proxiedApp();
    const { seen, offsets, told, outcomes } = follow(lab, proxy.url);
    await until('it follows', () => outcomes.length === 1);
    for (const n of range(1, 300)) {
      await app.sessions.publish(THREAD, EVENT, { n });
      if (n % 40 !== 0) continue;
      const before = outcomes.length;
      proxy.cut();
      await until('it is back', () => outcomes.length > before, { timeoutMs: 20_000 });
    }
    await until('all applied', () => seen.length >= 300, { timeoutMs: 20_000 });
    expect(seen).toEqual(range(1, 300));
    expect(offsets).toEqual(range(1, 300));
    expect(told).toEqual([]);
    expect(outcomes.slice(1).every((outcome) => outcome === 'resumed')).toBe(true);
    expect(outcomes.length).toBeGreaterThan(7);
  });

  test('outlives a server that is killed', async (lab) => {
    const server = await lab.server();
    const { monitor, seen, told, outcomes } = follow(lab, server.url);
    await until('it follows', () => outcomes.length === 1);
    for (const n of range(1, 20)) await server.publish(THREAD, EVENT, { n });
    await server.kill();
    await server.restart();
    for (const n of range(21, 40)) await server.publish(THREAD, EVENT, { n });
    await until('all applied', () => seen.length >= 40, { state: () => monitor.status });
    expect([seen, told.filter(isNoOutage)]).toEqual([range(1, 40), []]);
  });

  test('replaces a half-open connection', async (lab) => {
    const { app, proxy } = await lab.proxiedApp({ settings: { pingIntervalMs: 200 } });
    const { seen, outcomes } = follow(lab, proxy.url, { pingInterval: 200 });
    await until('it follows', () => outcomes.length === 1);
    proxy.blackHole();
    await app.sessions.publish(THREAD, EVENT, { n: 1 });
    await until('it has noticed', () => seen.length === 1, { timeoutMs: 20_000 });
    expect(seen).toEqual([1]);
  });

  test('announces a gap, and the reset of an erased thread', async (lab) => {
    const app = await lab.app();
    for (const n of range(1, 30)) await app.sessions.publish(THREAD, EVENT, { n });
    await app.sessions.internals.store.logs.trim(THREAD, { maxEvents: 10 }, 1_000);
    const { seen, told } = follow(lab, app.url);
    await until('what is kept', () => seen.at(-1) === 30);
    expect(seen).toEqual(range(seen[0] ?? 0, 30));
    expect(told).toEqual([`gap 1 to ${(seen[0] ?? 0) - 1}`]);

    await app.sessions.deleteThread(THREAD);
    await app.sessions.publish(THREAD, EVENT, { n: 1 });
    await until('the new thread', () => seen.at(-1) === 1);
    expect(told.slice(1)).toEqual(['reset deleted 1']);
  });

  test('resumes at a saved cursor, sends messages and publishes', async (lab) => {
    const app = await lab.app();
    const first = follow(lab, app.url, { storage: createStorage() });
    await until('it follows', () => first.outcomes.length === 1);
    expect(await first.monitor.send(EVENT, { n: 1 })).toBe(1);
    expect(await first.monitor.send(EVENT, { n: 2 })).toBe(2);
    await until('its own events', () => first.seen.length === 2);
    const cursor = first.monitor.checkpoint();
    first.monitor.stop();
    await app.sessions.publish(THREAD, EVENT, { n: 3 });

    const second = follow(lab, app.url, { ...(cursor !== null && { cursor }) });
    await until('what was missed', () => second.seen.length === 1);
    expect([second.seen, second.outcomes]).toEqual([[3], ['resumed']]);
    await second.monitor.sendMessage('Say something in 5 words');
    await until('the reply', () =>
      second.monitor.status.runs.some(({ state }) => state === 'completed'),
    );
    expect(first.seen).toEqual([1, 2]);
  });

  test('fails for a reader without permission, and does not retry', async (lab) => {
    const app = await lab.app({
      authorize: ({ token }) => (token === 'yes' ? { user_id: 'u' } : false),
    });
    const refused = follow(lab, app.url, { token: 'no' });
    await until('it is refused', () => refused.told.length > 0);
    expect(refused.told).toEqual(['failed authorisation']);
    const allowed = follow(lab, app.url, { token: 'yes' });
    await until('it follows', () => allowed.outcomes.length === 1);
  });

  test('backs off while the server is away', async (lab) => {
    const server = await lab.server();
    await server.kill();
    const { socket, monitor, outcomes, told } = follow(lab, server.url);
    let failures = 0;
    socket.on('connect_error', () => {
      failures += 1;
    });
    await until('it has tried', () => failures >= 2);
    await server.restart();
    await until('it follows', () => outcomes.length === 1, { state: () => monitor.status });
    expect(told.filter(isNoOutage)).toEqual([]);
    // Two starts of a server, and between them a wait that doubles.
  }, 60_000);
});

/** The monitor reports an outage when a server takes longer than five seconds to restart. */
const isNoOutage = (each: string): boolean => each !== 'no_connection';
