/** A client that owes an answer and says nothing: what its page, or the link to it, may be the reason of. */

import type { Facts } from './facts.js';
import { newest } from './lines.js';
import { timeOf } from './rule.js';
import { counted, span } from './words.js';

type Session = NonNullable<Facts['session']>;

/** Clients speak at each ping: one that has nothing to say in between is well. */
const QUIET_MS = 5_000;
/** What is on its way for longer is worth a question, too. */
const OWES_MS = 2_000;
/** A ping that crosses an event on its way is no answer to it. */
const CROSSES_MS = 1_000;
/** A link that takes seconds for less than this carries nothing: an answer waits behind what is on its way. */
const SMALL_BYTES = 8 * 1024;

export interface Silence {
  readonly since: number;
  readonly evidence: readonly string[];
}

/** Whether the client should be asked: it is connected, and has been silent or owes something for a while. */
export const isQuiet = (session: Facts['session'], now: number): session is Session =>
  session !== undefined &&
  session.status !== 'disconnected' &&
  (session.oldest_unacknowledged_ms >= OWES_MS || now - timeOf(session.last_activity) >= QUIET_MS);

/** Undefined for a client that speaks or answers, and while a slow link may be why it does not. */
export function silenceOf(facts: Facts): Silence | undefined {
  const { now, session } = facts;
  if (!session || session.status === 'disconnected') return undefined;
  const since = timeOf(session.last_activity);
  if (now - since < QUIET_MS || !isSilent(facts, session, now - since)) return undefined;
  const owesEvents = session.oldest_unacknowledged_ms > 0;
  return {
    since,
    evidence: [
      `It has been silent for ${span(now - since)}.`,
      ...(owesEvents ? [owes(session)] : []),
      ...(facts.probe?.page === false ? ['Asked just now, it has not answered.'] : []),
    ],
  };
}

function isSilent(facts: Facts, session: Session, silentMs: number): boolean {
  const { probe, pingIntervalMs: pingMs } = facts;
  if (probe?.page === true) return false;
  if (probe?.page === false) {
    const isSlow = probe.link === false && probe.in_flight_bytes >= SMALL_BYTES;
    return !isSlow || silentMs >= pingMs + QUIET_MS;
  }
  // It was not asked just now: it may miss one ping. The idle watch may have asked.
  if (session.oldest_unacknowledged_ms >= OWES_MS) return silentMs >= 2 * pingMs;
  const asked = newest(facts.lines, 'idle', ({ time }) => time > facts.now - silentMs);
  return asked !== undefined && facts.now - asked.time >= QUIET_MS;
}

/** Whether the client has pinged since the oldest event that it owes was sent: a ping acknowledges what it has. */
export function hasPingedSince({ now, session }: Facts): boolean {
  if (!session?.last_ping) return false;
  return timeOf(session.last_ping) > now - session.oldest_unacknowledged_ms + CROSSES_MS;
}

/** What the client has not acknowledged, in words. */
export function owes({ sent, offset, oldest_unacknowledged_ms: ms }: Session): string {
  const count = Math.max(1, (sent ?? offset) - offset);
  return `${counted(count, 'event is', 'events are')} unacknowledged; the oldest was sent ${span(ms)} ago.`;
}

/** Whether the page was in the background when it said so last; undefined for a client that says nothing of it. */
export function isHidden({ session }: Facts): boolean | undefined {
  const info = session?.client_info as { readonly visible?: unknown } | null | undefined;
  return typeof info?.visible === 'boolean' ? !info.visible : undefined;
}
