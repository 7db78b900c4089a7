/** Options of a session server, and their defaults. */

import {
  DEFAULT_PING_INTERVAL_MS,
  DEFAULT_SESSION_TTL_MS,
  LIMITS,
  type Window,
} from '@session-monitor/protocol';
import type { Authorize } from './access/authorize.js';
import type { FrameWindowSetting } from './core/frame-window.js';
import type { Retention } from './core/retention.js';
import { DEFAULT_LIMITS, type ServerLimits } from './limits.js';
import type { Logger } from './observe/trace.js';
import type { Tracing } from './observe/tracing/tracing.js';
import type { Responder } from './responders/responder.js';
import type { Store } from './stores/store.js';
import type { Clock, Entropy } from './util/clock.js';

export type Mode = 'development' | 'production';

/** Times and limits of a session server. Times are milliseconds, sizes are bytes. */
export interface SessionSettings {
  /** How often a client should ping. The server considers it alive for twice as long. */
  readonly pingIntervalMs: number;
  /** How long a session without a connection can be resumed. */
  readonly sessionTtlMs: number;
  /** The server sends a `system_ping` to a connected session after this long without activity. */
  readonly idleAfterMs: number;
  /** A session expires after this long without activity, if its `system_ping` is unanswered. */
  readonly expireAfterMs: number;
  /** How long an expired session's tombstone tells a returning client why it expired. */
  readonly tombstoneTtlMs: number;
  /** How often the sweeper looks for due sessions and logs. */
  readonly sweepIntervalMs: number;
  /** The most that a session may have in flight, unacknowledged. */
  readonly window: Window;
  /** The most bytes that all sessions of one connection together may have in flight. */
  readonly connectionWindowBytes: number;
  readonly maxFrameBytes: number;
  readonly maxFrameEvents: number;
  readonly retention: Retention;
  /** The most runs of one thread that may wait or be produced at a time. */
  readonly maxRunsPerThread: number;
  /** How long a run may wait for its turn. */
  readonly runWaitMs: number;
  /** How long a responder may yield nothing. */
  readonly runStallMs: number;
  /** How long an unpublished reply continues after its last reader leaves. */
  readonly runOrphanMs: number;
  /** A run counts as lost after this long without a lease renewal by its node. */
  readonly runLeaseMs: number;
  /** The most clients a second that a stopping server asks to reconnect. */
  readonly reconnectsPerSecond: number;
  /** Whether a finished reply also gets compacted ranges, for readers that join later. */
  readonly compaction: boolean;
  /**
   * The time between a reader's frames, 0 to 50 ms. Events of that time leave in one frame. `auto`: 0, unless the event
   * loop is busy and there are many frames, or the reader owes an acknowledgement.
   */
  readonly frameWindowMs: FrameWindowSetting;
  /** What one peer may use. */
  readonly limits: ServerLimits;
}

/** The settings that an app gives; the others have their defaults. */
export type GivenSettings = Partial<Omit<SessionSettings, 'limits'>> & {
  readonly limits?: Partial<ServerLimits>;
};

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

export const DEFAULT_SETTINGS: SessionSettings = {
  pingIntervalMs: DEFAULT_PING_INTERVAL_MS,
  sessionTtlMs: DEFAULT_SESSION_TTL_MS,
  // A client pings every 15 s, so a session this silent has another problem.
  idleAfterMs: 15 * MINUTE_MS,
  expireAfterMs: 30 * MINUTE_MS,
  tombstoneTtlMs: DAY_MS,
  sweepIntervalMs: 10_000,
  window: { events: LIMITS.windowEvents, bytes: LIMITS.windowBytes },
  connectionWindowBytes: 2 * LIMITS.windowBytes,
  maxFrameBytes: LIMITS.maxFrameBytes,
  maxFrameEvents: LIMITS.maxFrameEvents,
  // A month of history. The size limit keeps one thread from filling the disk.
  retention: { maxAgeMs: 30 * DAY_MS, maxBytes: 256 * 1024 * 1024 },
  // A user sends one message at a time; a loop sends more.
  maxRunsPerThread: 16,
  // A user waits no longer than this before sending the message again.
  runWaitMs: 10 * MINUTE_MS,
  // Reasoning models yield nothing for a minute or two.
  runStallMs: 3 * MINUTE_MS,
  // A phone changes networks in less time.
  runOrphanMs: 10_000,
  // Long enough for a pause of the process, short enough for a user who waits.
  runLeaseMs: 15_000,
  // A server can take this many beside its other work: a registration costs it about a millisecond.
  reconnectsPerSecond: 200,
  compaction: true,
  frameWindowMs: 'auto',
  limits: DEFAULT_LIMITS,
};

/** Where the session trace is kept, and how much of it. */
export interface SessionTraceOptions {
  /**
   * A directory for its files, which no other process writes to; created if it is missing, for this user alone. Without
   * one the trace is kept in memory, and no longer than the process.
   */
  readonly directory?: string;
  /** The most bytes that are kept; the oldest lines go first. Default 256 MiB, in memory 8 MiB. At least 1 MiB. */
  readonly maxBytes?: number;
  /** How long lines are kept, in milliseconds. Default 48 hours. At least a minute. */
  readonly maxAgeMs?: number;
}

/** Options of `attachSessions`. */
export interface SessionServerOptions {
  /** Keeps logs, sessions and runs. The app closes it after the session server. */
  readonly store: Store;
  /** Decides what a caller may do. Required: `() => true` allows every action to every client. */
  readonly authorize: Authorize;
  /** Produces the replies to messages (`POST /havefun`, `sendMessage`). Without it the server refuses messages. */
  readonly responder?: Responder;
  readonly settings?: GivenSettings;
  /** Pino, or a compatible logger. Default: warnings and errors go to the console. */
  readonly logger?: Logger;
  /** This process's name in receipts and traces. Random if left out. */
  readonly node?: string;
  /**
   * The Socket.IO server serves only sessions. The server answers an unknown event with an error, and disconnects a
   * peer that sends requests without reading the answers. Off by default: on the app's own server such events and such
   * amounts of packets may be the app's.
   */
  readonly exclusive?: boolean;
  /**
   * Origins of pages that may connect and post, besides the server's own: `https://chat.example.com`. Default: the
   * origins that the option `cors` of the Socket.IO server lists.
   */
  readonly origins?: readonly string[];
  /**
   * Host names under which the server answers, for every port or for one: `chat.example.com`, `localhost:5001`. Requests
   * with another `Host` header are refused. Default: all.
   */
  readonly allowedHosts?: readonly string[];
  /**
   * A proxy sets `X-Forwarded-For` and `X-Forwarded-Proto`, or `Forwarded`, on every request, and replaces what the client
   * has sent, or adds to its end: limits count by that address, and the scheme of a page's origin is compared. Default false: a server that does not bring TLS itself compares hosts only.
   */
  readonly trustProxy?: boolean;
  /**
   * In development, pages of other ports of this machine may also connect and post. Default: `production` if NODE_ENV
   * says so, else `development`.
   */
  readonly mode?: Mode;
  /** Whether the log and the session trace name the addresses of clients. Default true. */
  readonly logAddresses?: boolean;
  /** The session trace; see docs/trace.md. `false`: nothing is kept. Default: in memory. */
  readonly trace?: SessionTraceOptions | false;
  /** Traces messages, replies and deliveries: what `openTelemetry()` of `@session-monitor/server/opentelemetry` returns. */
  readonly tracing?: Tracing | undefined;
  readonly clock?: Clock;
  readonly entropy?: Entropy;
  /** Returns the share of its time, 0 to 1, that the event loop was busy since the last call. Default: measured. */
  readonly busy?: () => number;
}
