/** A connection as `/debug` shows it, with the sessions that it carries. */

import type { Session } from '../../sessions/session.js';
import type { Connection } from '../../socketio/connection.js';
import type { TrafficMeter } from '../../socketio/traffic.js';
import type { UpgradeFailure } from '../../socketio/upgrade-failures.js';
import type { Clock } from '../../util/clock.js';
import { isoTime } from '../../util/iso-time.js';
import { type SessionView, viewConnected } from './session-view.js';

interface TrafficView {
  readonly packets: number;
  readonly bytes: number;
  readonly packets_per_s: number;
  readonly bytes_per_s: number;
}

export interface ConnectionView {
  readonly connection_id: string;
  readonly status: 'pre_registered' | 'registered';
  readonly transport: string;
  /** The transports that it has used, oldest first. */
  readonly transports: readonly { readonly transport: string; readonly at: string }[];
  readonly failed_upgrades: number;
  /** Why the newest of them failed; null without one. */
  readonly upgrade_failure: UpgradeFailure | null;
  readonly remote_address: string;
  readonly user_agent: string | null;
  readonly connected_at: string;
  readonly received: TrafficView;
  readonly sent: TrafficView;
  /** What waits to be written. */
  readonly buffered: { readonly packets: number; readonly bytes: number };
  readonly sessions: readonly SessionView[];
}

/** A connection without the sessions that it carries. */
export type ConnectionFacts = Omit<ConnectionView, 'sessions'>;

export const viewConnection = (
  connection: Connection,
  sessions: readonly Session[],
  clock: Clock,
): ConnectionView => ({
  ...factsOfConnection(connection, sessions.length > 0, clock),
  sessions: sessions.map((session) => viewConnected(session, clock)),
});

/** @param isRegistered whether it carries a session */
export function factsOfConnection(
  connection: Connection,
  isRegistered: boolean,
  clock: Clock,
): ConnectionFacts {
  const now = clock.now();
  return {
    connection_id: connection.id,
    status: isRegistered ? 'registered' : 'pre_registered',
    transport: connection.transport,
    transports: connection.transports.map(({ transport, at }) => ({ transport, at: isoTime(at) })),
    failed_upgrades: connection.failedUpgrades,
    upgrade_failure: connection.upgradeFailure,
    remote_address: connection.address,
    user_agent: connection.userAgent,
    connected_at: isoTime(connection.connectedAt),
    received: viewTraffic(connection.received, now),
    sent: viewTraffic(connection.sent, now),
    buffered: connection.buffered,
  };
}

function viewTraffic(meter: TrafficMeter, now: number): TrafficView {
  const rates = meter.rates(now);
  return { ...meter.total, packets_per_s: rates.packets, bytes_per_s: rates.bytes };
}
