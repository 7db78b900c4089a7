/** A session as `/debug/sessions` shows it: as the older lists do, with its address and how far behind its client is in time. */

import type { Session } from '../../sessions/session.js';
import type { SessionRecord, ThreadHead } from '../../stores/store.js';
import type { Clock } from '../../util/clock.js';
import { type SessionView, viewConnected, viewRecorded } from './session-view.js';

export interface SessionDetails extends SessionView {
  /** Null if the session is on no connection of a node that has answered. So are the times. */
  readonly remote_address: string | null;
  /** How long ago its client acknowledged an event last; null if it has not on this connection. */
  readonly acknowledged_age_ms: number | null;
  /** How long the oldest event that was sent and not acknowledged waits; 0 without one. */
  readonly oldest_unacknowledged_ms: number;
  /** Events that its client acknowledges each second, over about the last five seconds. */
  readonly delivered_per_s: number;
}

export function detailsOfConnected(session: Session, clock: Clock): SessionDetails {
  const { peer, pump, acknowledgedAt } = session;
  const { oldestSentAt } = pump;
  const now = clock.now();
  return {
    ...viewConnected(session, clock),
    remote_address: peer.address,
    acknowledged_age_ms: acknowledgedAt === null ? null : Math.round(now - acknowledgedAt),
    oldest_unacknowledged_ms: oldestSentAt === undefined ? 0 : Math.round(now - oldestSentAt),
    delivered_per_s: Math.round(session.deliveryRate(now) * 10) / 10,
  };
}

/** As of the last write of the session's record. */
export const detailsOfRecorded = (
  record: SessionRecord,
  head: ThreadHead | undefined,
): SessionDetails => ({
  ...viewRecorded(record, head),
  remote_address: null,
  acknowledged_age_ms: null,
  oldest_unacknowledged_ms: 0,
  delivered_per_s: 0,
});
