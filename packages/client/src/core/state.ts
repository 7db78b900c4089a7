/*
 * A monitor's state, and every move it can make:
 *
 *     idle ──start──► connecting ──link_up──► registering ──receipt──► live ◄──pong──► degraded
 *                         ▲                    │  ▲   ▲                 │ late pong        │
 *                         │ the app            │  │   └──owner lost─────┤                  │
 *                         │ disconnected       │  │                     │                  │
 *                         │                    │  └──link_up── recovering ◄──link lost─────┘
 *                         │                    └──link lost──────►  ▲         or 2 late pongs
 *                         └───────────────── any running state ─────┘
 *
 * `degraded` is a pong that is late, or one that says that the server is cut off from its store.
 *
 * A backend that speaks v1 leads to `live` as well, by a `session_registered` or an answer without
 * `protocol: 2`; see `v1.ts`.
 *
 *     any running state ──refused for good, or token after token──► failed ──start──► connecting
 *     any state ──stop──► stopped ──start──► connecting
 *
 * States are immutable; `step` returns the next one. Time and randomness come in with the events.
 */

import type {
  Fault,
  Inbox,
  Since,
  ThreadEvents,
  Transport,
  Window,
} from '@session-monitor/protocol';
import { type Heartbeat, startHeartbeat } from './heartbeat.js';

export type Phase =
  | 'idle'
  | 'connecting'
  | 'registering'
  | 'live'
  | 'degraded'
  | 'recovering'
  | 'stopped'
  | 'failed';

/** The options that the monitor was made with. */
export interface Settings {
  readonly pingIntervalMs: number;
  readonly since: Since;
  readonly user_id: string | null;
  /** How many further tokens a registration tries before it fails: none if the token would be the same. */
  readonly tokenRetries: number;
  /** The app's next step after a failure, in words. */
  readonly wayOn: string;
}

/** The session as the server knows it: what a tab saves. */
export interface SavedSession {
  readonly id: string;
  readonly secret: string;
}

export interface OwnedSession extends SavedSession {
  readonly generation: number;
  readonly window: Window;
  /** The ping interval that the server wants; the shorter of the two counts. */
  readonly pingIntervalMs: number;
}

/** A frame that is not applied to its end. */
interface PendingFrame {
  readonly frame: ThreadEvents;
  /** How many entries at its start are applied. */
  readonly skip: number;
  /** The offset of the next one. */
  readonly from: number;
}

/** A `thread_resume` whose receipt has not come. */
interface PendingResume {
  readonly id: number;
  /** The server refused it for now, and the monitor waits: silence proves nothing then. */
  readonly refused?: true;
}

export interface LinkState {
  readonly up: boolean;
  /** When the namespace connected, if it is. */
  readonly since: number;
  readonly transport: Transport | null;
  /** Reconnects that the monitor itself has begun and that have not led to a link. */
  readonly failures: number;
  /** The wait that a draining server asked for, in milliseconds from the link's end. */
  readonly drainMs: number | null;
}

/** A session on a backend that speaks v1. */
interface V1Following {
  /** The socket's id, if the backend sent it. */
  readonly session_id: string | null;
  /** Whether the backend has ever answered a ping: one that never does is not dead. */
  readonly ponged: boolean;
}

/** Things counted since the monitor was made. */
export interface Counters {
  readonly applied: number;
  readonly duplicates: number;
  readonly gaps: number;
  readonly resets: number;
  readonly resumes: number;
  readonly reconnects: number;
  readonly upgrades: number;
  readonly failed_upgrades: number;
}

export interface State {
  readonly phase: Phase;
  readonly settings: Settings;
  readonly thread_id: string | null;
  /** 128 random bits of this monitor, never saved: tells two tabs apart that share a session id. */
  readonly instance: string;
  /** Counts registrations; an unanswered one is repeated under its number on the same link. */
  readonly attempt: number;
  /** How often the current attempt has been sent and not answered; 0 while a refusal is waited out. */
  readonly unanswered: number;
  /** Registrations that were refused in a row. */
  readonly refusals: number;
  /** Tokens that were refused in a row. */
  readonly tokensRefused: number;
  /** Links in a row that were given up because the server did not answer at all. */
  readonly silences: number;
  readonly saved: SavedSession | null;
  readonly session: OwnedSession | null;
  /** Where the app's saved state ends: a cursor from before this monitor was made. */
  readonly checkpoint: string | null;
  readonly inbox: Inbox | null;
  /** The frame being applied, or applied in part when the app stopped: the next receipt delivers the rest. */
  readonly pending: PendingFrame | null;
  /** The thread's last offset, as far as the server has said. */
  readonly head: number;
  /** The last offset that was acknowledged. */
  readonly acknowledged: number;
  readonly link: LinkState;
  readonly heartbeat: Heartbeat;
  readonly resume: PendingResume | null;
  /** Set while the backend on this connection speaks v1. */
  readonly v1: V1Following | null;
  /** Whether a v1 backend has registered this monitor for its thread before. */
  readonly v1Before: boolean;
  /** Holes and stalls since the last progress: two ask for a resume, the third registers again. */
  readonly strikes: number;
  /** The offset and number of pongs in a row that said: more to come, nothing in the way. */
  readonly stalled: { readonly offset: number; readonly pongs: number };
  /** Numbers resumes. */
  readonly sequence: number;
  readonly counters: Counters;
  readonly failure: Fault | null;
}

/** The initial state of a thread: nothing is known. */
export const NOTHING_FOLLOWED = {
  saved: null,
  session: null,
  checkpoint: null,
  inbox: null,
  pending: null,
  head: 0,
  acknowledged: 0,
  v1Before: false,
  strikes: 0,
} as const;

/** No refusal and no silence counted yet. */
export const UNHINDERED = { unanswered: 0, refusals: 0, tokensRefused: 0, silences: 0 } as const;

export function initialState(settings: Settings, instance: string): State {
  return {
    phase: 'idle',
    settings,
    thread_id: null,
    instance,
    attempt: 0,
    ...UNHINDERED,
    ...NOTHING_FOLLOWED,
    link: { up: false, since: 0, transport: null, failures: 0, drainMs: null },
    heartbeat: startHeartbeat(),
    resume: null,
    v1: null,
    stalled: { offset: 0, pongs: 0 },
    sequence: 0,
    counters: {
      applied: 0,
      duplicates: 0,
      gaps: 0,
      resets: 0,
      resumes: 0,
      reconnects: 0,
      upgrades: 0,
      failed_upgrades: 0,
    },
    failure: null,
  };
}

/** Whether frames are applied: registered, and the link not given up. */
export const isFollowing = (state: State): boolean =>
  state.phase === 'live' || state.phase === 'degraded';

/** Whether the monitor wants a link at all. */
export const isRunning = (state: State): boolean =>
  state.phase !== 'idle' && state.phase !== 'stopped' && state.phase !== 'failed';

/** Whether a link is wanted, and there is none. */
export const isAwaitingLink = (state: State): boolean => isRunning(state) && !state.link.up;

export const isRegistering = (state: State): boolean => state.phase === 'registering';

/** The shorter of what the app and the server want. */
export const pingIntervalMs = ({ settings, session }: State): number =>
  Math.min(settings.pingIntervalMs, session?.pingIntervalMs ?? settings.pingIntervalMs);
