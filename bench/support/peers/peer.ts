/** A server under comparison: it accepts subscribers and sends them what is published to their threads. */

import type { Payload } from '../payload.js';

export interface Peer {
  readonly port: number;
  /** Publishes events to a thread in one go, as a producer does within one turn of the event loop. */
  publish(thread: string, events: readonly Payload[]): void;
  /** Publishes one and resolves when it is as safe as this peer makes it. */
  publishSafely?(thread: string, event: Payload): Promise<unknown>;
  /** For `ours`: sends a message, and resolves when the reply has ended. */
  reply?(thread: string): Promise<unknown>;
  /** For `ours`: fills a thread with replies that have ended. */
  replies?(thread: string, options: RepliesOptions): Promise<void>;
  /** For `ours`: puts sessions without a connection, and threads of one event, into its store. */
  fillStore?(sessions: number, threads: readonly string[]): Promise<void>;
  /** For `ours`: produces a reply on each thread, so many words a second. Resolves with what ends them. */
  replyOnAndOn?(threads: readonly string[], perSecond: number): Promise<() => Promise<void>>;
  /** Stops the server. */
  close(): Promise<void>;
}

export interface RepliesOptions {
  readonly runs: number;
  /** Words of each reply, each one part. */
  readonly words: number;
  readonly compacted: boolean;
}

export interface PeerOptions {
  /** For `ours`: the data directory; a temporary one if left out. */
  readonly path?: string;
  /** For `ours`: for how many milliseconds frames are held back; the server's default if left out. */
  readonly windowMs?: number;
  /** For `ours`: whether a session trace is kept; it is if left out. */
  readonly isTraced?: boolean;
  /** For `ours`: leave out the counters. */
  readonly uncounted?: boolean;
  /** For `ours`: the share of messages that OpenTelemetry samples; `off` for none at all. */
  readonly sampled?: number | 'off';
  /** For `ours-redis`: a Redis that is running already. */
  readonly redisSocket?: string;
  /** A port to listen on again. */
  readonly port?: number;
}

const PEERS = [
  'ws',
  'ws-batched',
  'rooms',
  'recovery',
  'redis-streams',
  'ours',
  'ours-memory',
  'ours-untraced',
  'ours-otel-off',
  'ours-otel-1',
  'ours-otel-100',
  'ours-window',
  'ours-uncounted',
  'ours-redis',
  'ours-redis-always',
] as const;
export type PeerName = (typeof PEERS)[number];

/** Each peer's name in tables. */
export const TITLES: Readonly<Record<PeerName, string>> = {
  ws: 'raw ws',
  'ws-batched': 'raw ws, one frame per turn',
  rooms: 'Socket.IO rooms',
  recovery: 'with connection state recovery',
  'redis-streams': 'with the Redis Streams adapter',
  ours: 'Session Monitor, durable',
  'ours-memory': 'Session Monitor, in memory',
  'ours-untraced': 'Session Monitor, durable, without a session trace',
  'ours-otel-off': 'Session Monitor, durable, without OpenTelemetry',
  'ours-otel-1': 'Session Monitor, durable, 1 % of messages traced by OpenTelemetry',
  'ours-otel-100': 'Session Monitor, durable, all messages traced by OpenTelemetry',
  'ours-window': 'Session Monitor, durable, window 50 ms',
  'ours-uncounted': 'Session Monitor, durable, without counters',
  'ours-redis': 'Session Monitor on Redis',
  'ours-redis-always': 'Session Monitor on Redis, appendfsync always',
};

/** What a subscriber speaks with each. */
export type Dialect = 'ws' | 'socket.io' | 'v2';

export const dialectOf = (peer: PeerName): Dialect => {
  if (peer.startsWith('ours')) return 'v2';
  return peer.startsWith('ws') ? 'ws' : 'socket.io';
};
