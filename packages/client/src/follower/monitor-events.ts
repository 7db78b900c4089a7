/** The monitor's own events, besides the app's. */

import type { Receipt, ThreadEphemeral } from '@session-monitor/protocol';
import type { MonitorEventPayloads } from '../core/effects.js';
import type { SessionMonitorStatus } from './status.js';

/** What `on` may listen to besides the app's own events. */
export type MonitorEvents = {
  readonly [Name in keyof MonitorEventPayloads]: (payload: MonitorEventPayloads[Name]) => void;
} & {
  readonly status: (status: SessionMonitorStatus) => void;
  /** An ephemeral event, for current subscribers only: typing, progress. It has no place in the thread. */
  readonly ephemeral: (ephemeral: ThreadEphemeral) => void;
};

const MONITOR_EVENTS: Readonly<Record<keyof MonitorEvents, true>> = {
  registered: true,
  gap: true,
  reset: true,
  expired: true,
  taken_over: true,
  draining: true,
  transport: true,
  protocol_downgrade: true,
  error: true,
  failed: true,
  status: true,
  ephemeral: true,
};

export const isMonitorEvent = (name: string): name is keyof MonitorEvents =>
  Object.hasOwn(MONITOR_EVENTS, name);

/** A receipt for a log: without the secret. */
export function describeReceipt({
  outcome,
  reason,
  session_id,
  transport,
  from,
  replay,
}: Receipt): string {
  const why = reason ? ` (${reason})` : '';
  return `${outcome}${why}: session ${session_id} on ${transport}, ${replay} to replay from ${from}`;
}
