/** A client as an app would create it. It records what it receives and checks the order. */

import { SessionMonitor, type SessionMonitorOptions } from '@session-monitor/client';
import type { Gap, Receipt, Reset } from '@session-monitor/protocol';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import type { FaultProxy } from './fault-proxy.js';
import { until } from './until.js';

/** The three ways a connection can come about. */
export const TRANSPORTS = {
  polling: ['polling'],
  websocket: ['websocket'],
  upgrade: ['polling', 'websocket'],
} as const;
export type TransportCase = keyof typeof TRANSPORTS;
export const TRANSPORT_CASES = Object.keys(TRANSPORTS) as TransportCase[];

/** Options of a socket that shares no connection, and is soon back. */
export const QUICK = { forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 100 } as const;

/** The app event that tests publish; its data is `{ n }`. */
export const EVENT = 'message';

export interface TestClient {
  readonly socket: Socket;
  readonly monitor: SessionMonitor;
  /** `n` of each event, as `socket.on` handed it over. */
  readonly seen: number[];
  /** The offset of each event, as `monitor.on` handed it over. */
  readonly offsets: number[];
  readonly receipts: Receipt[];
  readonly gaps: Gap[];
  readonly resets: Reset[];
  readonly errors: string[];
  close(): void;
}

export interface TestClientOptions extends SessionMonitorOptions {
  readonly transport?: TransportCase;
  readonly socket?: Partial<ManagerOptions & SocketOptions>;
  /** Do not start; the test does. */
  readonly idle?: boolean;
}

export function createClient(url: string, options: TestClientOptions = {}): TestClient {
  const { transport = 'upgrade', socket: socketOptions, idle, ...monitorOptions } = options;
  const socket = io(url, { transports: [...TRANSPORTS[transport]], ...QUICK, ...socketOptions });
  const monitor = new SessionMonitor(socket, { storage: null, ...monitorOptions });
  const client: TestClient = {
    socket,
    monitor,
    seen: [],
    offsets: [],
    receipts: [],
    gaps: [],
    resets: [],
    errors: [],
    close() {
      monitor.stop();
      socket.disconnect();
    },
  };
  socket.on(EVENT, ({ n }: { n: number }) => client.seen.push(n));
  monitor.on(EVENT, (_data, { offset }) => client.offsets.push(offset));
  monitor.on('registered', (receipt) => client.receipts.push(receipt));
  monitor.on('gap', (gap) => client.gaps.push(gap));
  monitor.on('reset', (reset) => client.resets.push(reset));
  monitor.on('error', ({ code, message }) => client.errors.push(`${code}: ${message}`));
  if (!idle) monitor.start();
  return client;
}

/** Resolves when the client follows its thread. */
export async function untilLive({ monitor }: Pick<TestClient, 'monitor'>): Promise<void> {
  await until('live', () => monitor.status.state === 'live', { state: () => monitor.status });
}

/**
 * Cuts a client off, and keeps it away until the proxy no longer refuses. A polling client may have no connection
 * between two polls, and would not notice one cut.
 */
export async function keepAway(
  proxy: FaultProxy,
  { monitor }: Pick<TestClient, 'monitor'>,
): Promise<void> {
  proxy.refusing = true;
  await until('away', () => {
    proxy.cut();
    return monitor.status.state === 'recovering';
  });
}

/** Hides the next frame from the monitor, which no fault of a real connection would do. */
export function loseOneFrame(socket: Socket): void {
  const [listener] = socket.listeners('thread_events');
  if (!listener) throw new Error('The monitor does not listen');
  socket.off('thread_events', listener);
  socket.once('thread_events', () => {
    socket.on('thread_events', listener);
  });
}

/** A storage that several monitors can share, as a duplicated tab's `sessionStorage` is a copy. */
export function createStorage(entries: Iterable<readonly [string, string]> = []) {
  const map = new Map(entries);
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
    removeItem: (key: string) => void map.delete(key),
    copy: () => createStorage(map),
  };
}
