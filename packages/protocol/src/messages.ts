/**
 * The v2 messages, as they travel. One interface per message; docs/v2.md describes each in prose.
 * Wire names are snake_case, times are ISO 8601 in UTC.
 */

import type { Fault } from './faults.js';

/** Any JSON value. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** Where a session that has no cursor begins: the first kept event, the next one, or after an offset. */
export type Since = 'start' | 'now' | number;

/** How a client is connected; `sse` is a stream over HTTP, without a socket. */
export type Transport = 'polling' | 'websocket' | 'webtransport' | 'sse';

/** What a client says about itself, for display. A server trusts none of it. */
export type ClientInfo = { readonly [key: string]: Json };

/** Offsets that are gone, both ends included, and why. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly reason: GapReason;
}
export type GapReason = 'trimmed';

/** The reader's history is void: it discards what it has of the thread and continues at `from`. */
export interface Reset {
  readonly reason: ResetReason;
  readonly from: number;
}
export type ResetReason =
  /** The thread was erased; a new, empty incarnation follows. */
  | 'deleted'
  /** The log is another incarnation than the cursor's. */
  | 'epoch_changed'
  /** The cursor points past the end: the log lost its tail. */
  | 'cursor_ahead'
  /** The log lost its tail and grew again: same offsets, other events. */
  | 'diverged';

/** What became of a registration. */
export type Outcome = 'new' | 'resumed' | 'reset' | 'forked';
/** Why the server did not continue the presented session or cursor. */
export type OutcomeReason = 'expired' | 'unknown_session' | ResetReason;

export interface Window {
  readonly events: number;
  readonly bytes: number;
}

// --- client to server -------------------------------------------------------------------------

export interface RegisterSession {
  readonly protocol: 2;
  readonly thread_id: string;
  readonly user_id?: string;
  readonly session_id?: string;
  readonly session_secret?: string;
  /** 128 random bits per monitor, never saved: distinguishes two tabs that share a session id. */
  readonly instance: string;
  /** Counts the registrations of this instance. A client repeats a number only if it got no answer. */
  readonly attempt: number;
  readonly cursor?: string;
  readonly since?: Since;
  readonly token?: string;
  readonly client_info?: ClientInfo;
}

export interface ThreadResume {
  readonly session_id: string;
  readonly cursor: string;
}

/** The client stops following the thread. The session stays, without a connection. */
export interface LeaveSession {
  readonly session_id: string;
  readonly generation: number;
}

export interface ThreadAck {
  readonly session_id: string;
  readonly generation: number;
  readonly epoch: string;
  readonly offset: number;
}

/** The app publishes an event to its thread. */
export interface ThreadSend {
  readonly session_id: string;
  readonly message_id: string;
  readonly event: string;
  readonly data: Json;
  /** For the clients connected now: not appended, never replayed. */
  readonly ephemeral?: true;
}

export interface ThreadSent {
  readonly ok: true;
  /** Absent for an ephemeral event. */
  readonly offset?: number;
}

/** An event for the clients connected now. It has no offset. */
export interface ThreadEphemeral {
  readonly thread_id: string;
  readonly event: string;
  readonly data: Json;
}

export interface Ping extends ThreadAck {
  readonly rtt_ms?: number;
  readonly client_info?: ClientInfo;
}

// --- server to client -------------------------------------------------------------------------

/** The answer to a registration and to a resume. */
export interface Receipt {
  readonly ok: true;
  readonly protocol: 2;
  readonly session_id: string;
  readonly session_secret: string;
  /** Grows with every registration that is granted; the newest owns the session (I6). */
  readonly generation: number;
  readonly thread_id: string;
  readonly transport: Transport;
  readonly node: string;
  readonly server_time: string;
  readonly outcome: Outcome;
  readonly reason?: OutcomeReason;
  /** One sentence for a log or a bug report. */
  readonly detail?: string;
  readonly epoch: string;
  /** The last durable offset of the thread. */
  readonly head: number;
  /** The first offset that will be sent. */
  readonly from: number;
  /** The cursor just before `from`: a client that gets nothing more can come back with it. */
  readonly cursor: string;
  /** How many events wait to be sent. */
  readonly replay: number;
  readonly gap?: Gap;
  readonly window: Window;
  readonly ping_interval_ms: number;
  readonly session_ttl_ms: number;
  /** Where the HTTP routes are on the server's own origin, like `/` or `/chat`. Absent: the server has none. */
  readonly http_path?: string;
}

export interface Refusal {
  readonly ok: false;
  readonly error: Fault;
}

/** An event in a frame; covers `span` offsets, one if left out. */
export type Entry =
  | readonly [event: string, data: Json]
  | readonly [event: string, data: Json, span: number];

/** Everything new for a session since the last frame. */
export interface ThreadEvents {
  readonly session_id?: string;
  readonly thread_id: string;
  readonly epoch: string;
  /** The offset of the first entry; where the next one will be if there is none. */
  readonly offset: number;
  /** The cursor after the last entry. */
  readonly cursor: string;
  readonly events: readonly Entry[];
  /** The server asks for an acknowledgement at once. */
  readonly ack?: true;
  readonly gap?: Gap;
  readonly reset?: Reset;
}

/** Where a stream of frames over HTTP begins: its first event, in place of a receipt. */
export interface StreamPosition {
  readonly thread_id: string;
  readonly epoch: string;
  /** The last durable offset of the thread. */
  readonly head: number;
  /** The first offset that will be sent. */
  readonly from: number;
  /** The cursor just before `from`. */
  readonly cursor: string;
  readonly gap?: Gap;
  /** The cursor that was asked for is refused. */
  readonly reset?: Reset;
  /** A silent stream sends a comment at least this often. */
  readonly heartbeat_ms: number;
}

/** Where a log ends: what a page of it says, whatever it holds. */
export type LogHead = Pick<StreamPosition, 'thread_id' | 'epoch' | 'head'>;

/** Why a pump does not send although there is something to send. */
export type Waiting = 'credit' | 'transport' | 'pacing';

export interface Pong {
  readonly pong: true;
  readonly timestamp: string;
  readonly session_id: string;
  readonly thread_id: string;
  readonly transport: Transport;
  /** Whether the sender still owns the session; false asks it to register again. */
  readonly owner: boolean;
  /** The incarnation that `head` and `sent` are of; absent if the session is not on this connection. */
  readonly epoch?: string;
  readonly head: number;
  /** The last offset written to this connection before this pong. */
  readonly sent: number;
  readonly waiting: Waiting | null;
  /** The server cannot reach its store: it sends and accepts nothing new until it can. */
  readonly degraded?: boolean;
}

export interface SessionExpired {
  readonly session_id: string;
  readonly reason: string;
  readonly detail: string;
}

export interface SessionTakenOver {
  readonly session_id: string;
}

/** The session's grant ends soon: a client that registers again with a fresh token keeps its session. */
export interface TokenExpiring {
  readonly session_id: string;
  readonly expires_in_ms: number;
}

/** An operator asks for a report of the client's diagnostics. */
export interface ReportRequest {
  readonly session_id: string;
}

export interface ServerDraining {
  readonly retry_after_ms: number;
}
