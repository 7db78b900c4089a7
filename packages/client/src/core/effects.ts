/** The effects of a step. The shell runs them in order. */

import type {
  Fault,
  Gap,
  Json,
  LeaveSession,
  Ping,
  Receipt,
  RegisterSession,
  Reset,
  ThreadAck,
  ThreadEvents,
  ThreadResume,
  Transport,
  V1ThreadReference,
} from '@session-monitor/protocol';
import type { ErrorEvent, Timer } from './events.js';
import type { SavedSession } from './state.js';

/** A change of the link's transport. */
export interface TransportReport {
  readonly change: 'connect' | 'upgrade' | 'upgrade_failed';
  /** The transport in use now. */
  readonly transport: Transport | null;
  /** Why an upgrade failed. */
  readonly reason?: string;
}

/** The monitor's own events, with the payload of each. */
export interface MonitorEventPayloads {
  readonly registered: Receipt;
  readonly gap: Gap;
  readonly reset: Reset;
  readonly expired: { readonly reason: string; readonly detail: string };
  readonly taken_over: { readonly session_id: string };
  readonly draining: { readonly retry_after_ms: number };
  readonly transport: TransportReport;
  /** A monitor that has a position in the log has met a backend that knows none. */
  readonly protocol_downgrade: {
    readonly epoch: string;
    readonly offset: number;
    readonly message: string;
  };
  readonly error: ErrorEvent;
  readonly failed: Fault;
}
export type MonitorEvent = {
  readonly [Name in keyof MonitorEventPayloads]: {
    readonly name: Name;
    readonly payload: MonitorEventPayloads[Name];
  };
}[keyof MonitorEventPayloads];

/** A registration without the token, which the shell asks for just before it sends. */
export type Registration = Omit<RegisterSession, 'token' | 'client_info'>;

export type Effect =
  | { readonly type: 'send_register'; readonly message: Registration }
  | { readonly type: 'send_resume'; readonly id: number; readonly message: ThreadResume }
  /** Without a v2 session the ping names only the thread. */
  | {
      readonly type: 'send_ping';
      readonly sequence: number;
      readonly message: Ping | V1ThreadReference;
    }
  | {
      readonly type: 'send_system_ping_response';
      readonly thread_id: string;
      /** The `system_ping`'s timestamp, if it had one. */
      readonly timestamp: string | null;
    }
  | { readonly type: 'send_ack'; readonly message: ThreadAck }
  | { readonly type: 'send_leave'; readonly message: LeaveSession }
  | { readonly type: 'save_session'; readonly thread_id: string; readonly session: SavedSession }
  | { readonly type: 'set_timer'; readonly timer: Timer; readonly ms: number }
  | { readonly type: 'clear_timer'; readonly timer: Timer }
  /** Makes sure that Socket.IO is connecting. */
  | { readonly type: 'connect' }
  /** Gives the link up; Socket.IO stops retrying until `connect`. */
  | { readonly type: 'disconnect' }
  /** Calls the app's listeners for the frame's entries from index `skip`, the first at `from`. */
  | {
      readonly type: 'deliver';
      readonly frame: ThreadEvents;
      readonly skip: number;
      readonly from: number;
    }
  | { readonly type: 'notify'; readonly event: MonitorEvent }
  /** Of a v1 backend only, as the next one. */
  | { readonly type: 'request_missed'; readonly message: V1ThreadReference }
  /** Calls the app's listeners for each of the missed messages. */
  | { readonly type: 'hand_on'; readonly messages: readonly Json[] };
