/** Writes the receipt: the answer to a registration or a resume. */

import {
  type Outcome,
  type OutcomeReason,
  PROTOCOL_VERSION,
  type Receipt,
} from '@session-monitor/protocol';
import { type Position, resetDetail } from '@session-monitor/protocol/rules';
import type { SessionSettings } from '../options.js';
import type { SessionRecord, ThreadHead } from '../stores/store.js';
import { isoTime } from '../util/iso-time.js';
import type { Peer } from './session.js';

export interface ReceiptFacts {
  readonly record: SessionRecord;
  readonly peer: Peer;
  readonly position: Position;
  readonly head: ThreadHead;
  readonly outcome: Exclude<Outcome, 'reset'>;
  readonly reason?: OutcomeReason;
  readonly detail?: string;
  readonly node: string;
  readonly wall: number;
  readonly settings: SessionSettings;
  /** The path of the HTTP routes; undefined if they are not mounted. */
  readonly httpPath: string | undefined;
}

export function writeReceipt(facts: ReceiptFacts): Receipt {
  const { record, peer, position, head, settings } = facts;
  const { reset, gap } = position;
  const reason = reset ?? facts.reason;
  const detail = reset ? resetDetail(reset) : facts.detail;
  return {
    ok: true,
    protocol: PROTOCOL_VERSION,
    session_id: record.session_id,
    session_secret: record.secret,
    generation: record.generation,
    thread_id: record.thread_id,
    transport: peer.transport,
    node: facts.node,
    server_time: isoTime(facts.wall),
    outcome: reset ? 'reset' : facts.outcome,
    ...(reason && { reason }),
    ...(detail !== undefined && { detail }),
    epoch: position.epoch,
    head: Math.max(head.offset, position.after),
    from: position.after + 1,
    cursor: position.cursor,
    replay: Math.max(0, head.offset - position.after),
    ...(gap && { gap }),
    window: settings.window,
    ping_interval_ms: settings.pingIntervalMs,
    session_ttl_ms: settings.sessionTtlMs,
    ...(facts.httpPath !== undefined && { http_path: facts.httpPath }),
  };
}
