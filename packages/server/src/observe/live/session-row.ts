/** A session as a row of a live list: few fields, times as numbers, so that thousands of rows cost little. */

import { decodeCursor, type Waiting } from '@session-monitor/protocol';
import { attachmentOf } from '../../sessions/disconnect-handler.js';
import { nameOf, type Session } from '../../sessions/session.js';
import type { SessionRecord } from '../../stores/store.js';
import type { Clock } from '../../util/clock.js';
import type { FindingCode } from '../findings/facts.js';
import type { FilteredSession } from '../views/session-filter.js';
import { statusOf, statusOfRecord } from '../views/session-view.js';

/** Times are milliseconds since 1970. */
export interface SessionRow extends FilteredSession {
  /** Null if the session is on no connection. */
  readonly remote_address: string | null;
  readonly connected_at: number;
  readonly last_activity: number;
  /** The last offset that its client has acknowledged; v1: that has arrived. */
  readonly offset: number;
  /** Where the thread's log ends; null without a connection, as are the next three. */
  readonly head: number | null;
  /** The thread's events that the client is not known to have. */
  readonly lag: number | null;
  /** Why pending events are not sent. */
  readonly waiting: Waiting | null;
  readonly rtt_ms: number | null;
  /** Until when it can be resumed; null while connected. */
  readonly expires_at: number | null;
  /** What its node sees to be wrong with it now; null for nothing, and without a connection. */
  readonly finding: FindingCode | null;
}

/** A row under the id of its record: a v1 session is shown under another name. */
export interface NamedRow {
  readonly id: string;
  /** Of two nodes that show a session, the one with the greater generation has it. */
  readonly generation: number;
  readonly row: SessionRow;
}

/** User ids come from `authorize` and may be of any length. A list shows the beginning. */
const MAX_USER_ID = 256;

const shownUser = (user_id: string | null): string | null =>
  user_id !== null && user_id.length > MAX_USER_ID ? `${user_id.slice(0, MAX_USER_ID)}…` : user_id;

export function rowOfSession(
  session: Session,
  finding: FindingCode | null,
  clock: Clock,
): SessionRow {
  const { record, pump, log, peer, rttMs } = session;
  const { epoch, offset: head } = log.head;
  const here = pump.epoch === epoch ? pump.acknowledged : 0;
  return {
    session_id: nameOf(session),
    thread_id: record.thread_id,
    user_id: shownUser(record.user_id),
    protocol: record.dialect,
    status: statusOf(session),
    transport: peer.transport,
    node: record.node,
    remote_address: peer.address,
    connected_at: record.stay.connected_at,
    last_activity: Math.round(attachmentOf(session, clock).active_at),
    offset: pump.acknowledged,
    head,
    lag: Math.max(0, head - here),
    waiting: pump.waiting,
    rtt_ms: rttMs,
    expires_at: null,
    finding,
  };
}

/** As of the last write of the record. */
export function rowOfRecord(record: SessionRecord): SessionRow {
  const { thread_id, user_id, dialect, node, stay, due_at, position } = record;
  return {
    session_id: nameOf({ record }),
    thread_id,
    user_id: shownUser(user_id),
    protocol: dialect,
    status: statusOfRecord(record),
    transport: stay.transport,
    node,
    remote_address: null,
    connected_at: stay.connected_at,
    last_activity: stay.active_at,
    offset: decodeCursor(position)?.offset ?? 0,
    head: null,
    lag: null,
    waiting: null,
    rtt_ms: null,
    expires_at: due_at,
    finding: null,
  };
}

/** Whether a session is as its row shows it. It is asked of every session again and again, and allocates nothing. */
export const isAsShown = (session: Session, row: SessionRow, lastAt: number): boolean =>
  session.activity.lastAt === lastAt &&
  session.pump.acknowledged === row.offset &&
  session.log.head.offset === row.head &&
  session.pump.waiting === row.waiting &&
  session.rttMs === row.rtt_ms &&
  session.peer.transport === row.transport &&
  statusOf(session) === row.status;
