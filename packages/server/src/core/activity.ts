/**
 * Decides whether a connected session is still in use. Pure.
 *
 *     active ──no activity for idleAfterMs──► idle: a system_ping is sent
 *       ▲                                       │
 *       └────────── any packet from it ─────────┤
 *                                               └──none, expireAfterMs since the last──► expired
 *
 * Activity is any packet from the session, or an event flushed to it, so a client that merely reads a stream stays. A
 * frozen page answers nothing, and its session expires.
 */

export interface ActivitySettings {
  /** Without activity for this long, a session gets a system_ping. */
  readonly idleAfterMs: number;
  /** Without activity for this long, and without an answer, it expires. */
  readonly expireAfterMs: number;
}

export interface Activity {
  /** When there was activity last, in monotonic milliseconds. */
  readonly lastAt: number;
  /** When the unanswered system_ping was sent; null if there is none. */
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
