/** Steps of a session that the trace has only of what is watched, or that its client has told. */

import type { ClientInfo, Ping } from '@session-monitor/protocol';
import type { Detail } from '../observe/session-trace/detail.js';
import type { ServerDeps } from '../server-deps.js';
import type { Session } from './session.js';

interface DetailDeps extends Pick<ServerDeps, 'trace'> {
  readonly detail: Detail;
}

/** The session ends by itself, unless its client registers again before. */
export function traceGrant(
  { detail, trace, clock }: DetailDeps & Pick<ServerDeps, 'clock'>,
  session: Session,
  expires_at: number,
): void {
  const ids = idsOf(session);
  if (detail.covers(ids))
    trace('timer', { ...ids, timer: 'grant', ms: Math.round(expires_at - clock.wall()) });
}

/** The client tells that its page was frozen. It tells that for a while: once is enough. */
export function traceFreeze(
  trace: ServerDeps['trace'],
  { record, peer, activity, clientInfo }: Session,
  { client_info }: Pick<Ping, 'client_info'>,
  now: number,
): void {
  const frozen_ms = frozenMs(client_info);
  if (frozen_ms === undefined || frozen_ms === frozenMs(clientInfo)) return;
  const { session_id, thread_id } = record;
  trace('frozen', {
    session_id,
    thread_id,
    connection: peer.id,
    silent_ms: Math.round(now - activity.lastAt),
    frozen_ms,
    visible: client_info?.visible === true,
  });
}

function idsOf({ record, peer }: Session) {
  const { session_id, thread_id, user_id } = record;
  return { session_id, thread_id, user_id, connection: peer.id };
}

/** A server trusts nothing of it. */
function frozenMs(info: ClientInfo | null | undefined): number | undefined {
  const frozen_ms = info?.frozen_ms;
  return typeof frozen_ms === 'number' && frozen_ms >= 0 ? Math.round(frozen_ms) : undefined;
}
