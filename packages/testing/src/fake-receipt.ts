/** The answer to a registration or a resume, in the words of the real server. */

import type { Outcome, OutcomeReason, Receipt } from '@session-monitor/protocol';
import { type Position, resetDetail } from '@session-monitor/protocol/rules';
import { type FakeSession, WINDOW } from './fake-session.js';

/** As the real server's settings are by default. */
export const PING_INTERVAL_MS = 15_000;
export const SESSION_TTL_MS = 1_800_000;

/** What was decided, unless the place says that the reader starts over. */
export interface Decided {
  readonly outcome: Exclude<Outcome, 'reset'>;
  readonly reason?: OutcomeReason;
  readonly detail?: string;
}

/** @param server_time ISO 8601 */
export function writeReceipt(
  { names, owner, log, connection }: FakeSession,
  { after, cursor, gap, reset }: Position,
  decided: Decided,
  server_time: string,
): Receipt {
  const { session_id, secret: session_secret, thread_id } = names;
  const reason = reset ?? decided.reason;
  const detail = reset ? resetDetail(reset) : decided.detail;
  return {
    ok: true,
    protocol: 2,
    session_id,
    session_secret,
    generation: owner.generation,
    thread_id,
    transport: connection?.transport ?? 'websocket',
    node: 'fake',
    server_time,
    outcome: reset ? 'reset' : decided.outcome,
    ...(reason && { reason }),
    ...(detail !== undefined && { detail }),
    epoch: log.epoch,
    head: log.head,
    from: after + 1,
    cursor,
    replay: log.head - after,
    ...(gap && { gap }),
    window: WINDOW,
    ping_interval_ms: PING_INTERVAL_MS,
    session_ttl_ms: SESSION_TTL_MS,
    http_path: '/',
  };
}
