/** What a user interface may show of a monitor. A new object only when something has changed. */

import type { Fault, Transport } from '@session-monitor/protocol';
import type { RunsView } from '../core/runs-view.js';
import type { Counters, Phase, State } from '../core/state.js';

/** A snapshot of a monitor's state; immutable. Times are milliseconds. */
export interface SessionMonitorStatus extends Counters {
  readonly state: Phase;
  readonly thread_id: string | null;
  readonly session_id: string | null;
  /** The dialect that the backend speaks; null before it has answered. */
  readonly protocol: 1 | 2 | null;
  /** Whether each event is applied exactly once; a backend that speaks v1 gives it at least once. */
  readonly exactly_once: boolean;
  readonly transport: Transport | null;
  /** The last offset that was applied. */
  readonly offset: number;
  /** The thread's last offset, as far as the server has said. */
  readonly head: number;
  /** Smoothed round-trip time in milliseconds. */
  readonly rtt_ms: number | null;
  /** Why the state is `failed`, and the app's next step. */
  readonly failure: Fault | null;
  /** Why there has been no session for five seconds, in words; null while there is one. Of a SessionMonitor only. */
  readonly reason: string | null;
  /**
   * When the next attempt is due, in milliseconds since 1970. Socket.IO may make its own attempts earlier. Null while
   * there is no `reason`, while an attempt is under way, if none is planned, or if the page cannot know.
   */
  readonly next_attempt_at: number | null;
  /** The replies that are open, and the newest that have ended, oldest first. */
  readonly runs: RunsView;
}

const NO_RUNS: RunsView = [];

/** @param parts what plugins add */
export function statusOf(
  state: State,
  ...parts: readonly (Partial<SessionMonitorStatus> | undefined)[]
): SessionMonitorStatus {
  const { smoothedMs } = state.heartbeat;
  const status: SessionMonitorStatus = {
    state: state.phase,
    thread_id: state.thread_id,
    session_id: state.v1?.session_id ?? state.session?.id ?? null,
    protocol: state.v1 ? 1 : state.session ? 2 : null,
    exactly_once: state.session !== null && state.v1 === null,
    transport: state.link.transport,
    offset: state.inbox?.offset ?? 0,
    head: Math.max(state.head, state.inbox?.offset ?? 0),
    rtt_ms: smoothedMs === null ? null : Math.round(smoothedMs * 10) / 10,
    failure: state.failure,
    reason: null,
    next_attempt_at: null,
    runs: NO_RUNS,
    ...state.counters,
  };
  return Object.freeze(Object.assign(status, ...parts));
}

/** Whether nothing has changed that a status shows. */
export function sameStatus(a: SessionMonitorStatus, b: SessionMonitorStatus): boolean {
  const keys = Object.keys(a) as (keyof SessionMonitorStatus)[];
  return keys.every((key) => a[key] === b[key]);
}
