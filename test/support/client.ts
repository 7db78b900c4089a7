/** A client as an app would create it. It records what it receives and checks the order. */

import { SessionMonitor, type SessionMonitorOptions } from '@session-monitor/client';
import type { Gap, Receipt, Reset } from '@session-monitor/protocol';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';

/** The three ways a connection can come about. */
export const TRANSPORTS = {
  polling: ['polling'],
  websocket: ['websocket'],
  upgrade: ['polling', 'websocket'],
} as const;
export type TransportCase = keyof typeof TRANSPORTS;
export const TRANSPORT_CASES = Object.keys(TRANSPORTS) as TransportCase[];

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
  const socket = io(url, {
    transports: [...TRANSPORTS[transport]],
    forceNew: true,
    reconnectionDelay: 20,
    reconnectionDelayMax: 100,
    ...socketOptions,
  });
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
