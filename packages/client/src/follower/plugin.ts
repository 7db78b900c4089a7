/**
 * The one way to extend a follower: sending, diagnostics, v1. A plugin is a class whose constructor takes the follower's
 * context; `join` makes it. It listens to the session and the thread as an app does, with `context.on`, and before the
 * app. The follower knows nothing more of its plugins, so that an app that only follows pays for nothing else.
 */

import type { Effect } from '../core/effects.js';
import type { CoreEvent, ErrorEvent } from '../core/events.js';
import type { State } from '../core/state.js';
import type { Rules } from '../core/step.js';
import type { Environment } from '../platform/environment.js';
import type { SessionStorage } from '../platform/storage.js';
import type { EventMeta } from './delivery.js';
import type { MonitorEvents } from './monitor-events.js';
import type { SessionMonitorOptions } from './options.js';
import type { OpenSocket } from './socket-link.js';
import type { SessionMonitorStatus } from './status.js';

/** The activity of a page's user, as it travels in `client_info`. */
export interface PageInfo {
  readonly visible: boolean;
  readonly online: boolean;
  /** ISO 8601; null for a page that had no input yet. */
  readonly last_input_at: string | null;
  /** For how long the page stood still, in milliseconds: its browser or the system had stopped it. Told for a minute. */
  readonly frozen_ms?: number | undefined;
}

/**
 * What a plugin adds to a follower, and when the follower calls it.
 *
 * @internal It mentions types of the core and changes without notice.
 */
export interface Plugin {
  /** Rules for events that the core itself does not handle. */
  readonly rules?: Partial<Rules>;
  /** Its fields of the status. */
  readonly status?: Partial<SessionMonitorStatus>;
  /** The activity of the page's user, for the server. */
  pageInfo?(): PageInfo | null;
  /** The core follows the thread. */
  start?(thread_id: string): void;
  /** The core is about to stop. */
  stop?(): void;
  /** The core has taken a step. The follower is about to run the effects; a plugin runs its own effects now. */
  onStep?(event: CoreEvent, effects: readonly Effect[]): void;
  /** An answer to a registration. True if it is not of v2 and the plugin has handled it. */
  onAnswer?(attempt: number, answer: unknown): boolean;
  /** A line for the log. */
  onLog?(what: readonly unknown[]): void;
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
  /** Gets a token from the app, then calls `use`: what asks for a token there gets that one. Rejects as `token` does. */
  readonly renewToken: (use: () => void) => Promise<void>;
  /** Whether the app is asked for a token at this moment. */
  readonly isFetchingToken: () => boolean;
  /** The newest token of a function, for what must not show it; empty before the first. */
  readonly newestToken: () => string;
  /** The thread that is followed, or will be. Throws SessionMonitorError ERR_NO_THREAD_ID. */
  readonly thread: (problem: string) => string;
  /** The session that follows a thread at this moment. */
  readonly session: (thread_id: string) => string | null;
  readonly request: (event: string, message: object, answered: (answer: unknown) => void) => void;
  readonly send: (event: string, message: object) => void;
  /** Gives the core an event. */
  readonly dispatch: (event: CoreEvent) => void;
  /** Listens as an app does: to what happens to the session, or to the thread's events by their names. */
  readonly on: {
    <Name extends keyof MonitorEvents>(name: Name, listener: MonitorEvents[Name]): () => void;
    (event: string, listener: (data: unknown) => void): () => void;
  };
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
