/** What a session server can be told, and what it does when told nothing. */

import { LIMITS, type Window } from '@session-monitor/protocol';
import type { Authorize } from './access/authorize.js';
import type { FrameWindowSetting } from './core/frame-window.js';
import type { Retention } from './core/retention.js';
import type { Logger } from './observe/trace.js';
import type { Responder } from './responders/responder.js';
import type { Store } from './stores/store.js';
import type { Clock, Entropy } from './util/clock.js';

export type Mode = 'development' | 'production';

/** Times and limits of a session server. Times are milliseconds, sizes are bytes. */
export interface SessionSettings {
  /** How often a client should ping; it is taken for alive for twice as long. */
  readonly pingIntervalMs: number;
  /** How long a session without a connection can be resumed. */
  readonly sessionTtlMs: number;
  /** A connected session without activity for this long is sent a `system_ping`. */
  readonly idleAfterMs: number;
  /** Without activity for this long, and its `system_ping` unanswered, it expires. */
  readonly expireAfterMs: number;
  /** How long an expired session's tombstone tells a client that comes back why it expired. */
  readonly tombstoneTtlMs: number;
  /** How often sessions and logs are looked through for what is due. */
  readonly sweepIntervalMs: number;
  /** What a session may have in flight, unacknowledged. */
  readonly window: Window;
  /** What all sessions of one connection together may have in flight, in bytes. */
  readonly connectionWindowBytes: number;
  readonly maxFrameBytes: number;
  readonly maxFrameEvents: number;
  readonly retention: Retention;
  /** Runs of one thread that may wait or be produced at a time. */
  readonly maxRunsPerThread: number;
  /** How long a run may wait for its turn. */
  readonly runWaitMs: number;
  /** How long a responder may yield nothing. */
  readonly runStallMs: number;
  /** How long a reply that nobody else can see goes on without its reader. */
  readonly runOrphanMs: number;
  /** After how long without a word from its node a run counts as lost. */
  readonly runLeaseMs: number;
  /** How many clients a second are asked to come back when the server stops, at most. */
  readonly reconnectsPerSecond: number;
  /** Whether a reply that has ended is kept in few events, too, for those who join later. */
  readonly compaction: boolean;
  /**
   * How far apart a reader's frames are, 0 to 50 ms; what comes meanwhile leaves together. `auto`: not at
   * all, unless the event loop is busy or the reader owes an acknowledgement.
   */
  readonly frameWindowMs: FrameWindowSetting;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

export const DEFAULT_SETTINGS: SessionSettings = {
  // Below the 20 to 30 s after which mobile networks and proxies drop a silent connection.
  pingIntervalMs: 15_000,
  // A lunch break's worth: people come back to a conversation.
  sessionTtlMs: 30 * MINUTE_MS,
  // The client's word that it is there comes every 15 s: a session this silent has another problem.
  idleAfterMs: 15 * MINUTE_MS,
  expireAfterMs: 30 * MINUTE_MS,
  tombstoneTtlMs: DAY_MS,
  sweepIntervalMs: 10_000,
  window: { events: LIMITS.windowEvents, bytes: LIMITS.windowBytes },
  connectionWindowBytes: 2 * LIMITS.windowBytes,
  maxFrameBytes: LIMITS.maxFrameBytes,
  maxFrameEvents: LIMITS.maxFrameEvents,
  // A month of history, and no thread that fills the disk by itself.
  retention: { maxAgeMs: 30 * DAY_MS, maxBytes: 256 * 1024 * 1024 },
  // A person asks one message at a time; a loop asks more.
  maxRunsPerThread: 16,
  // Nobody looks at a message for longer before asking again.
  runWaitMs: 10 * MINUTE_MS,
  // Models that reason say nothing for a minute or two.
  runStallMs: 3 * MINUTE_MS,
  // A phone changes from one network to another in less.
  runOrphanMs: 10_000,
  // Long enough for a pause of the process, short enough for people who wait.
  runLeaseMs: 15_000,
  // What one server takes on besides its own work: a registration costs it about a millisecond.
  reconnectsPerSecond: 200,
  compaction: true,
  frameWindowMs: 'auto',
};

/** What `attachSessions` may be told. */
export interface SessionServerOptions {
  /** Where logs, sessions and runs live. The app closes it, after the session server. */
  readonly store: Store;
  /** Who may do what. Required: `() => true` allows every action to every client. */
  readonly authorize: Authorize;
  /** Produces the replies to messages (`POST /havefun`, `sendMessage`). Without one those are refused. */
  readonly responder?: Responder;
  readonly settings?: Partial<SessionSettings>;
  /** Pino, or anything like it. Default: warnings and errors go to the console. */
  readonly logger?: Logger;
  /** This process's name in receipts and traces. Random if left out. */
  readonly node?: string;
  /**
   * The Socket.IO server serves sessions alone. An unknown event is answered with an error, and a peer that sends
   * requests without reading the answers is disconnected. Off by default: on the app's own server such events and
   * such amounts of packets may be the app's.
   */
  readonly exclusive?: boolean;
  /**
   * Origins of pages that may connect and post, besides the server's own: `https://chat.example.com`. Default: those
   * that the option `cors` of the Socket.IO server lists.
   */
  readonly origins?: readonly string[];
  /**
   * In development pages of other ports of this machine may connect and post, too. Default: `production` if NODE_ENV
   * says so, else `development`.
   */
  readonly mode?: Mode;
  /** Whether the log names the addresses of clients. Default true. */
  readonly logAddresses?: boolean;
  readonly clock?: Clock;
  readonly entropy?: Entropy;
  /** The share of its time, 0 to 1, that the event loop was busy since it was asked last; measured if left out. */
  readonly busy?: () => number;
}
