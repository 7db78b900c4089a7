/** Several monitors on one socket: each follows its own thread, and none depends on another. */

import { SessionMonitor } from '@session-monitor/client';
import { describe, expect } from 'vitest';
import type { TestApp } from '../support/app.js';
import { EVENT, type TestClient } from '../support/client.js';
import { type Lab, test } from '../support/lab.js';
import { range, until } from '../support/until.js';

const FIRST = 'first';
const SECOND = 'second';
const PING_MS = 200;

interface Pair {
  readonly client: TestClient;
  readonly other: SessionMonitor;
  /** What the second monitor has received. */
  readonly heard: number[];
}

function pair(lab: Lab, url: string): Pair {
  const client = lab.client(url, {
    thread_id: FIRST,
    transport: 'websocket',
    pingInterval: PING_MS,
    idle: true,
  });
  const other = new SessionMonitor(client.socket, {
    thread_id: SECOND,
    storage: null,
    pingInterval: PING_MS,
  });
  lab.defer(() => other.stop());
  const heard: number[] = [];
  other.on<{ n: number }>(EVENT, ({ n }) => heard.push(n));
  const seen: number[] = [];
  client.monitor.on<{ n: number }>(EVENT, ({ n }) => seen.push(n));
  client.monitor.start();
  other.start();
  return { client: { ...client, seen }, other, heard };
}

async function publish(app: TestApp, from: number, to: number): Promise<void> {
  for (const n of range(from, to)) {
    for (const thread of [FIRST, SECOND]) await app.sessions.publish(thread, EVENT, { n });
  }
}

async function caughtUp({ client, heard }: Pair, n: number): Promise<void> {
  await until('both have everything', () => client.seen.length >= n && heard.length >= n, {
    state: () => [client.seen.length, heard.length],
  });
  expect([client.seen, heard]).toEqual([range(1, n), range(1, n)]);
}

describe('two monitors on one socket', () => {
  test('both follow, through a cut and a half-open connection', async (lab) => {
    const { app, proxy } = await lab.proxiedApp();
    const both = pair(lab, proxy.url);
    await publish(app, 1, 5);
    await caughtUp(both, 5);
    expect(app.sessions.stats()).toMatchObject({ connections: 1, sessions: 2 });
    proxy.cut();
    await publish(app, 6, 10);
    await caughtUp(both, 10);
    proxy.blackHole();
    await publish(app, 11, 15);
    await caughtUp(both, 15);
  });

  test('the same thread twice: each gets every event once', async (lab) => {
    const app = await lab.app();
    const { monitor, socket } = lab.client(app.url, { thread_id: FIRST, idle: true });
    const twin = new SessionMonitor(socket, { thread_id: FIRST, storage: null });
    lab.defer(() => twin.stop());
    const given: [number[], number[]] = [[], []];
    [monitor, twin].forEach((each, index) => {
      each.on<{ n: number }>(EVENT, ({ n }) => given[index]?.push(n));
      each.start();
    });
    for (const n of range(1, 10)) await app.sessions.publish(FIRST, EVENT, { n });
    await until('both have everything', () => given.every(({ length }) => length >= 10));
    expect(given).toEqual([range(1, 10), range(1, 10)]);
  });

  test('one that abandons the connection and is stopped does not strand the other', async (lab) => {
    const { app, proxy } = await lab.proxiedApp();
    const both = pair(lab, proxy.url);
    await publish(app, 1, 5);
    await caughtUp(both, 5);
    // The first monitor to notice reconnects. The test stops it the moment that it has closed the old connection.
    const { monitor, socket } = both.client;
    const stopBoth = [monitor, both.other].map((each) =>
      each.subscribe(({ state }) => {
        if (state !== 'recovering' || socket.connected) return;
        for (const stop of stopBoth) stop();
        each.stop();
      }),
    );
    proxy.blackHole();
    const survivor = await until('one is stopped', () =>
      [monitor, both.other].find(({ status }) => status.state === 'stopped') === monitor
        ? both.other
        : both.other.status.state === 'stopped' && monitor,
    );
    await until('the other one is back', () => survivor.status.state === 'live');
  });
});
