/**
 * Watches connected sessions for activity: sends a `system_ping` to a session that has been silent for long, and
 * expires one that does not answer. `core/activity.ts` decides which.
 */

import { SERVER_EVENTS } from '@session-monitor/protocol';
import { idleExpiry } from '@session-monitor/protocol/rules';
import { judgeActivity } from '../core/activity.js';
import type { ServerDeps } from '../server-deps.js';
import { isoTime } from '../util/iso-time.js';
import type { Registry } from './registry.js';
import type { Session } from './session.js';

export interface IdleWatchDeps extends Pick<ServerDeps, 'clock' | 'settings' | 'trace'> {
  readonly registry: Registry;
}

/** Checks every connected session once. Never rejects. */
export async function watchIdle(deps: IdleWatchDeps): Promise<void> {
  const { registry, clock, settings } = deps;
  const now = clock.now();
  const expired: Session[] = [];
  for (const session of registry.connected()) {
    const verdict = judgeActivity(session.activity, now, settings);
    if (verdict === 'ask') askSilent(deps, session, now);
    if (verdict === 'expire') expired.push(session);
  }
  const at = isoTime(clock.wall());
  await Promise.all(
    expired.map((session) =>
      registry.expire(session, idleExpiry(at, now - session.activity.lastAt)),
    ),
  );
}

function askSilent(deps: IdleWatchDeps, session: Session, now: number): void {
  const silent_ms = Math.round(now - session.activity.lastAt);
  deps.trace('idle', { ...idsOf(session), silent_ms, after_ms: deps.settings.idleAfterMs });
  askClient(deps, session);
}

const idsOf = ({ peer, id: session_id, record }: Session) => ({
  session_id,
  thread_id: record.thread_id,
  connection: peer.id,
});

/** Asks a session's client whether it is there. */
export function askClient(
  { clock, trace }: Pick<IdleWatchDeps, 'clock' | 'trace'>,
  session: Session,
): void {
  session.asked(clock.now());
  session.peer.notify(SERVER_EVENTS.systemPing, {
    timestamp: isoTime(clock.wall()),
    message: 'Are you still there?',
  });
  trace('system_ping', idsOf(session));
}
