/**
 * The v1 messages, as peers speak them that exist today. They are facts about those peers: nothing here
 * may change. docs/v1.md and docs/common.md describe each in prose.
 */

import type { ClientInfo, Json, Transport } from '../messages.js';

// --- client to server -------------------------------------------------------------------------

export interface V1RegisterSession {
  readonly thread_id: string;
  readonly user_id?: string;
}

export interface V1Ping {
  readonly thread_id?: string;
  readonly timestamp?: string;
  readonly client_info?: ClientInfo;
}

/** `request_missed_messages` and `force_room_join`. */
export interface V1ThreadReference {
  readonly thread_id: string;
}

/** Both dialects. */
export interface SystemPingResponse {
  readonly thread_id: string;
  /** The timestamp of the `system_ping`. */
  readonly timestamp: string;
  readonly received_at: string;
}

// --- server to client -------------------------------------------------------------------------

export interface V1Pong {
  readonly pong: true;
  readonly timestamp: string;
  readonly session_id: string;
  readonly thread_id: string | null;
  readonly transport: Transport;
}

export interface V1SessionRegistered {
  readonly status: 'ready';
  readonly thread_id: string;
  /** The id of the socket. */
  readonly session_id: string;
  readonly transport: Transport;
  readonly is_in_room: boolean;
  readonly missed_messages?: { readonly available: boolean; readonly count: number };
}

/** Both dialects. */
export interface SystemPing {
  readonly timestamp: string;
  readonly message: string;
}

/** Some v1 backends answer `request_missed_messages` with this one event. */
export interface V1MissedMessages {
  readonly thread_id?: string;
  readonly messages: readonly Json[];
}

export interface V1DebugStatus {
  readonly session_id: string;
  readonly thread_id: string | null;
  readonly session_count: number;
  /** Sessions by thread; only of the threads that the asking socket follows (I10). */
  readonly thread_counts: { readonly [thread_id: string]: number };
  readonly is_registered: boolean;
  readonly timestamp: string;
}
