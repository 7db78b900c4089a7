/** A session as `/debug` shows it: stable, documented JSON without secrets. */

import { decodeCursor, type Waiting } from '@session-monitor/protocol';
import { attachmentOf } from '../../sessions/disconnect-handler.js';
import type { Session } from '../../sessions/session.js';
import { nameOf } from '../../sessions/session.js';
import type { SessionRecord, ThreadHead } from '../../stores/store.js';
import type { Clock } from '../../util/clock.js';
import { isoTime } from '../../util/iso-time.js';

export interface SessionView {
  readonly session_id: string;
  readonly thread_id: string;
  readonly user_id: string | null;
  readonly protocol: 1 | 2;
  readonly status: 'active' | 'idle' | 'disconnected';
  readonly transport: string;
  readonly connection_id: string;
  readonly node: string;
  readonly created_at: string;
  readonly connected_at: string;
  readonly last_activity: string;
  readonly last_ping: string | null;
  /** While disconnected: since when, and until when it can be resumed. */
  readonly disconnected_at: string | null;
  readonly expires_at: string | null;
  readonly resumes: number;
  readonly epoch: string;
  /** The newest cursor that the client is known to have. */
  readonly cursor: string;
  /** The last offset that it has acknowledged; v1: that has arrived. */
  readonly offset: number;
  /** The last offset that was sent to it; null while disconnected. */
  readonly sent: number | null;
  readonly head: number;
  /** The thread's events that the client is not known to have. */
  readonly lag: number;
  /** Why pending events are not sent. */
  readonly waiting: Waiting | null;
  readonly rtt_ms: number | null;
  readonly client_info: object | null;
}

export const statusOf = ({ activity }: Pick<Session, 'activity'>): SessionView['status'] =>
  activity.askedAt === null ? 'active' : 'idle';

/** As of the last write of the record, which has not expired. */
export const statusOfRecord = ({ state }: Pick<SessionRecord, 'state'>): SessionView['status'] =>
  state === 'connected' ? 'active' : 'disconnected';

export function viewConnected(session: Session, clock: Clock): SessionView {
  const { record, pump, log, rttMs, clientInfo } = session;
  const { epoch, offset } = log.head;
  const here = pump.epoch === epoch ? pump.acknowledged : 0;
  return {
    ...viewRecord({ ...record, stay: attachmentOf(session, clock) }),
    status: statusOf(session),
    disconnected_at: null,
    expires_at: null,
    epoch: pump.epoch,
    cursor: pump.cursor,
    offset: pump.acknowledged,
    sent: pump.sent,
    head: offset,
    lag: Math.max(0, offset - here),
    waiting: pump.waiting,
    rtt_ms: rttMs,
    client_info: clientInfo,
  };
}

/**
 * Shows a session that is on no connection of this node, as of the last write of its record.
 *
 * @param head the thread's, if it still has one
 */
export function viewRecorded(record: SessionRecord, head: ThreadHead | undefined): SessionView {
  const cursor = decodeCursor(record.position);
  const end = head?.offset ?? 0;
  const here = cursor?.epoch === head?.epoch ? (cursor?.offset ?? 0) : 0;
  return {
    ...viewRecord(record),
    status: statusOfRecord(record),
    disconnected_at: record.state === 'connected' ? null : isoTime(record.since),
    expires_at: record.due_at === null ? null : isoTime(record.due_at),
    epoch: cursor?.epoch ?? '',
    cursor: record.position,
    offset: cursor?.offset ?? 0,
    sent: null,
    head: end,
    lag: Math.max(0, end - here),
    waiting: null,
    rtt_ms: null,
    client_info: null,
  };
}

function viewRecord(record: SessionRecord) {
  const { thread_id, user_id, dialect, node, created_at, generation, stay } = record;
  return {
    session_id: nameOf({ record }),
    thread_id,
    user_id,
    protocol: dialect,
    transport: stay.transport,
    connection_id: stay.connection,
    node,
    created_at: isoTime(created_at),
    connected_at: isoTime(stay.connected_at),
    last_activity: isoTime(stay.active_at),
    last_ping: stay.pinged_at === null ? null : isoTime(stay.pinged_at),
    resumes: generation - 1,
  };
}
