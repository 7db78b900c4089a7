/**
 * Whether a connected session is still somebody's. Pure.
 *
 *     active ──no activity for idleAfterMs──► idle: a system_ping is sent
 *       ▲                                       │
 *       └────────── any packet from it ─────────┤
 *                                               └──none, expireAfterMs since the last──► expired
 *
 * Activity is any packet from the session, or an event flushed to it: somebody who merely reads a
 * stream stays. A page that is frozen answers nothing, and its session goes.
 */

export interface ActivitySettings {
  /** Without activity for this long a session is asked whether it is there. */
  readonly idleAfterMs: number;
  /** Without activity for this long, and without an answer, it expires. */
  readonly expireAfterMs: number;
}

export interface Activity {
  /** When there was activity last, in monotonic milliseconds. */
  readonly lastAt: number;
  /** When the system_ping was sent that has not been answered; null if none was. */
  readonly askedAt: number | null;
}

export type ActivityVerdict = 'active' | 'ask' | 'idle' | 'expire';

export function judgeActivity(
  { lastAt, askedAt }: Activity,
  now: number,
  { idleAfterMs, expireAfterMs }: ActivitySettings,
): ActivityVerdict {
  const silentMs = now - lastAt;
  if (silentMs < idleAfterMs) return 'active';
  // mutant: silent-sessions-expire-unasked
  if (askedAt === null) return 'ask';
  return silentMs >= expireAfterMs ? 'expire' : 'idle';
}
