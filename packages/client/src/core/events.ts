/** What can happen to a monitor. Each event carries the time and the randomness that it needs. */

import type {
  Fault,
  Pong,
  Receipt,
  Refusal,
  ServerDraining,
  SessionExpired,
  SessionTakenOver,
  ThreadEvents,
  Transport,
  V1MissedMessages,
} from '@session-monitor/protocol';
import type { SavedSession } from './state.js';

/** Which side ended the link. */
export type LinkEnd =
  /** The network, or the server's machine. Socket.IO's manager retries unless `managed` is false. */
  | 'transport'
  /** The server disconnected this socket; Socket.IO does not come back by itself. */
  | 'server'
  /** The app called `socket.disconnect()`: final until it connects again. */
  | 'app'
  /** The monitor gave the link up to make a new one. */
  | 'monitor'
  /** Another monitor on the same socket gave it up. */
  | 'sibling';

export const TIMERS = ['connect', 'register', 'ping', 'pong', 'resume', 'reconnect'] as const;
export type Timer = (typeof TIMERS)[number];

interface Timed {
  /** Monotonic milliseconds. */
  readonly now: number;
}
interface Chance {
  /** From 0 to 1. */
  readonly random: number;
}

export type Event =
  | (Timed & {
      readonly type: 'start';
      readonly thread_id: string;
      readonly saved: SavedSession | null;
      /** The cursor at which the app's own saved state of the thread ends. */
      readonly checkpoint?: string;
    })
  | { readonly type: 'stop' }
  | (Timed & { readonly type: 'link_up'; readonly transport: Transport | null })
  | (Timed &
      Chance & {
        readonly type: 'link_down';
        readonly end: LinkEnd;
        /** Whether Socket.IO's manager tries to reconnect by itself. */
        readonly managed: boolean;
        /** As Socket.IO names it, for a log. */
        readonly reason?: string;
      })
  /** Socket.IO's manager begins an attempt by itself. */
  | { readonly type: 'link_attempt' }
  /** An attempt to connect failed. */
  | (Chance & {
      readonly type: 'link_failed';
      readonly managed: boolean;
      /** How long the server asks to wait, if it has refused the attempt for now. */
      readonly retryAfterMs?: number;
      /** Socket.IO's error. */
      readonly error?: Error;
    })
  /** The connection under the link was made, or upgraded. It is made before the link is up. */
  | {
      readonly type: 'transport';
      readonly change: 'connect' | 'upgrade';
      readonly transport: Transport;
    }
  /** An upgrade failed; the link keeps its transport. */
  | { readonly type: 'upgrade_failed'; readonly reason: string }
  | (Timed &
      Chance & {
        readonly type: 'receipt';
        readonly attempt: number;
        /** Undefined if the answer cannot be read. */
        readonly receipt: Receipt | Refusal | NoToken | undefined;
      })
  /** An answer to a registration, or a `session_registered`, that only a v1 backend gives. */
  | (Timed & {
      readonly type: 'v1_registered';
      /** Absent in an event, which does not say which attempt it answers. */
      readonly attempt?: number;
      readonly thread_id?: string;
      readonly session_id?: string;
    })
  | { readonly type: 'missed_messages'; readonly missed: V1MissedMessages }
  /** The server asks whether the client is still there. */
  | (Timed & { readonly type: 'system_ping'; readonly timestamp: string | null })
  | (Timed &
      Chance & {
        readonly type: 'resume_receipt';
        readonly id: number;
        readonly receipt: Receipt | Refusal | undefined;
      })
  | (Timed & { readonly type: 'frame'; readonly frame: ThreadEvents })
  /** The listeners have been called for a frame's entries up to `offset`. */
  | {
      readonly type: 'delivered';
      readonly frame: ThreadEvents;
      readonly offset: number;
      readonly complete: boolean;
      readonly events: number;
    }
  | (Timed & {
      readonly type: 'pong';
      readonly sequence: number;
      readonly pong: Pong | undefined;
    })
  | (Timed & Chance & { readonly type: 'timer'; readonly timer: Timer })
  /** The page is visible, online or thawed again: check at once whether the link is alive. */
  | (Timed & { readonly type: 'wake' })
  /** The page is about to enter the browser's cache or to be discarded. */
  | { readonly type: 'sleep' }
  | (Timed & { readonly type: 'expired'; readonly notice: SessionExpired })
  | (Timed & { readonly type: 'taken_over'; readonly notice: SessionTakenOver })
  | { readonly type: 'draining'; readonly notice: ServerDraining }
  /** The app wants an attempt now: `retrying.ts` has the rule. */
  | { readonly type: 'retry' }
  /** The server wants a fresh token of a session that it follows: `retrying.ts` has the rule. */
  | { readonly type: 'token_refused' };

export type EventType = Event['type'];
/** The event of a type. */
export type Of<T extends EventType> = Extract<Event, { type: T }>;

/** An event before the time and the randomness are added. */
export type CoreEvent = Event extends infer E
  ? E extends Event
    ? Omit<E, 'now' | 'random'>
    : never
  : never;

/** A failure that the monitor reports to the app and that does not end the monitor. */
export interface ErrorEvent {
  readonly code:
    | Fault['code']
    | 'protocol_error'
    /** The option `token` gave no token. */
    | 'no_token'
    /** There has been no session for five seconds. */
    | 'no_connection';
  readonly message: string;
}

/** Takes the place of an answer when the app gave no token to register with. */
interface NoToken {
  readonly ok: false;
  readonly error: ErrorEvent & { readonly code: 'no_token'; readonly retryable: true };
}
