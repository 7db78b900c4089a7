/** A fake server with virtual time, an app that records what it gets, and proof that nothing is left of them. */

import type {
  SessionMonitor,
  SessionMonitorOptions,
  SessionStorage,
} from '@session-monitor/client';
import type { Gap, Receipt, Reset } from '@session-monitor/protocol';
import { test as base, expect } from 'vitest';
import { type FakeClock, fakeClock } from './fake-clock.js';
import { type FakeServer, fakeServer } from './fake-server.js';
import type { FakeSocket } from './fake-socket.js';
import type { FakeServerOptions, TestEvent } from './options.js';
import { turn } from './turn.js';

export const THREAD = 't';

/** What an app has received. */
export interface App {
  readonly monitor: SessionMonitor;
  readonly socket: FakeSocket;
  /** `n` of each event, as `socket.on` has heard it. */
  readonly seen: number[];
  /** Offsets, as `monitor.onAny` has heard them. */
  readonly offsets: number[];
  /** Any event: its name, and its data. */
  readonly heard: [string, unknown][];
  readonly receipts: Receipt[];
  readonly gaps: Gap[];
  readonly resets: Reset[];
  readonly errors: string[];
}

export function follow(
  server: FakeServer,
  options: SessionMonitorOptions = {},
  socket: FakeSocket = server.socket(),
): App {
  const monitor = server.monitor({ thread_id: THREAD, ...options }, socket);
  const told = { seen: [], offsets: [], heard: [], receipts: [], gaps: [], resets: [], errors: [] };
  const app: App = { monitor, socket, ...told };
  socket.on('note', ({ n }: { readonly n: number }) => app.seen.push(n));
  monitor.onAny((event, data, { offset }) => {
    app.heard.push([event, data]);
    app.offsets.push(offset);
  });
  monitor.on('registered', (receipt) => app.receipts.push(receipt));
  monitor.on('gap', (gap) => app.gaps.push(gap));
  monitor.on('reset', (reset) => app.resets.push(reset));
  monitor.on('error', ({ code }) => app.errors.push(code));
  monitor.start();
  return app;
}

/** `note` events that hold their number. */
export const numbered = (from: number, to: number): TestEvent[] =>
  range(from, to).map((n) => ['note', { n }]);

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Publishes the numbers from one to another, and waits for all that follows. */
export async function deliver(server: FakeServer, from: number, to = from): Promise<void> {
  server.publishMany(THREAD, numbered(from, to));
  await server.settled();
}

/** A tab's storage; a duplicated tab has a copy. */
export function tab(entries: Iterable<readonly [string, string]> = []) {
  const map = new Map(entries);
  const storage: SessionStorage = {
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => void map.set(key, value),
  };
  return { storage, duplicate: () => tab(map) };
}

export class TestingLab {
  readonly clock: FakeClock = fakeClock();
  readonly #servers: FakeServer[] = [];

  server(options: FakeServerOptions = {}): FakeServer {
    const server = fakeServer({ clock: this.clock, ...options });
    this.#servers.push(server);
    return server;
  }

  /** A server, and an app that follows a thread on it. */
  follow(options: FakeServerOptions = {}, monitor: SessionMonitorOptions = {}) {
    const server = this.server(options);
    return { server, app: follow(server, monitor) };
  }

  /** The same, once the app is live. */
  async live(options: FakeServerOptions = {}, monitor: SessionMonitorOptions = {}) {
    const { server, app } = this.follow(options, monitor);
    await server.settled();
    return { server, app };
  }

  /** A server, and a socket that is connected to it. */
  async connect(options: FakeServerOptions = {}) {
    const server = this.server(options);
    const socket = server.socket().connect();
    await server.settled();
    return { server, socket };
  }

  /** A closed server leaves no timer behind (I12). */
  async close(): Promise<void> {
    for (const server of this.#servers) server.close();
    await turn();
    expect(this.clock.pending).toBe(0);
  }
}

const withLab = base.extend<{ lab: TestingLab }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the fixtures that are needed off this pattern
  lab: async ({}, use) => {
    const lab = new TestingLab();
    await use(lab);
    await lab.close();
  },
});

/** A test that gets its lab. */
export function test(name: string, body: (lab: TestingLab) => unknown, timeoutMs?: number): void {
  withLab(name, ({ lab }) => body(lab), timeoutMs);
}
