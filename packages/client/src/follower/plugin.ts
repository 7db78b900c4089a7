/**
 * Plugins of a follower: sending, diagnostics, v1. The follower calls their hooks and knows nothing more of them, so
 * that an app that only follows pays for nothing else.
 */

import type { Receipt } from '@session-monitor/protocol';
import type { Effect, V1Effect } from '../core/effects.js';
import type { CoreEvent, ErrorEvent } from '../core/events.js';
import type { RunsView } from '../core/runs-view.js';
import type { State } from '../core/state.js';
import type { Rules } from '../core/step.js';
import type { Environment } from '../platform/environment.js';
import type { SessionStorage } from '../platform/storage.js';
import type { EventMeta } from './delivery.js';
import type { SessionMonitorOptions } from './options.js';
import type { OpenSocket } from './socket-link.js';
import type { Outage, SessionMonitorStatus } from './status.js';

/** The activity of a page's user, as it travels in `client_info`. */
export interface PageInfo {
  readonly visible: boolean;
  readonly online: boolean;
  /** ISO 8601; null for a page that had no input yet. */
  readonly last_input_at: string | null;
}

/**
 * Each hook is called with what has happened by then.
 *
 * @internal It mentions types of the core and changes without notice.
 */
export interface Plugin {
  start?(thread_id: string): void;
  stop?(): void;
  /** The page is back. */
  wake?(): void;
  /** The session is there, on a server that speaks v2. */
  onRegistered?(receipt: Receipt): void;
  /** The known history is void, or belongs to another thread. */
  forgetHistory?(): void;
  /** An event of the thread. */
  onEvent?(event: string, data: unknown): void;
  /** An event for the core, before the core takes its step. */
  beforeStep?(beforeStep: CoreEvent): void;
  /** The core has taken a step; its effects are about to be done. */
  afterStep?(effects: readonly Effect[]): void;
  /** Engine.IO has received or sent a packet. */
  onPacket?(direction: 'received' | 'sent', data: unknown): void;
  /** A line for the log. */
  onLog?(what: readonly unknown[]): void;
  /** An answer to a registration. True if it is not of v2 and the plugin has handled it. */
  onAnswer?(attempt: number, answer: unknown): boolean;
  /** An effect that only a v1 backend needs. */
  runV1Effect?(effect: V1Effect): void;
  /** The activity of the page's user, for the server. */
  pageInfo?(): PageInfo | null;
  /** Rules for events that the core itself does not handle. */
  readonly rules?: Partial<Rules>;
  /** The replies of the thread, for the status. */
  readonly runs?: RunsView;
  /** Why there is no session, for the status. */
  readonly outage?: Outage | null;
}

/**
 * What a plugin may use of its follower.
 *
 * @internal
 */
export interface PluginContext {
  readonly socket: OpenSocket;
  readonly environment: Environment;
  readonly storage: SessionStorage | null;
  readonly options: SessionMonitorOptions;
  readonly state: () => State;
  readonly status: () => SessionMonitorStatus;
  /** The activity of the page's user; null where there is none. */
  readonly pageInfo: () => PageInfo | null;
  /** Rejects with an Error, in words, if the app gives no token. */
  readonly token: () => Promise<string | null>;
  /** Whether the app is asked for a token at this moment. */
  readonly isFetchingToken: () => boolean;
  /** The thread that is followed, or will be. Throws SessionMonitorError ERR_NO_THREAD_ID. */
  readonly thread: (problem: string) => string;
  /** The session that follows a thread at this moment. */
  readonly session: (thread_id: string) => string | null;
  readonly request: (event: string, message: object, answered: (answer: unknown) => void) => void;
  readonly send: (event: string, message: object) => void;
  /** Gives the core an event. */
  readonly dispatch: (beforeStep: CoreEvent) => void;
  /** Calls the follower's own listeners for an event of the thread. */
  readonly emitToListeners: (event: string, data: unknown, meta: EventMeta) => void;
  /** Tells the app of a failure that does not end the monitor. */
  readonly emitError: (code: ErrorEvent['code'], message: string) => void;
  /** Reports a message of the protocol that cannot be read. */
  readonly malformed: (event: string) => void;
  /** What the status shows may have changed. */
  readonly statusChanged: () => void;
  readonly log: (...what: readonly unknown[]) => void;
}
