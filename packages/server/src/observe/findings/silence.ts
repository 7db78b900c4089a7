/** A client that owes an answer and says nothing: what its page, or the link to it, may be the reason of. */

import type { Facts } from './facts.js';
import { newest } from './lines.js';
import { timeOf } from './rule.js';
import { clockTime, counted, span } from './words.js';

/** An answer takes a round trip: a client that owes one for longer is not well. */
const OWES_MS = 5_000;
/** A ping that crosses an event on its way is no answer to it. */
const CROSSES_MS = 1_000;

export interface Silence {
  readonly since: number;
  readonly evidence: readonly string[];
}

/** Whether the client owes something for so long that it is worth a question whether its end of the link answers. */
export const owesForLong = ({
  session,
}: {
  readonly session?: Facts['session'] | undefined;
}): boolean =>
  session !== undefined &&
  (session.oldest_unacknowledged_ms >= OWES_MS || session.status === 'idle');

export function silenceOf(facts: Facts): Silence | undefined {
  const { now, session, lines } = facts;
  if (!session || session.status === 'disconnected') return undefined;
  const since = timeOf(session.last_activity);
  const asked = newest(lines, 'idle', ({ time }) => time > since);
  const owesEvents = session.oldest_unacknowledged_ms >= OWES_MS && !hasAnsweredSince(facts);
  const owesAnswer = session.status === 'idle' && asked && now - asked.time >= OWES_MS;
  if (now - since < OWES_MS || !(owesEvents || owesAnswer)) return undefined;
  return {
    since,
    evidence: [
      `It has been silent for ${span(now - since)}.`,
      ...(owesEvents ? [owes(session)] : []),
      ...(owesAnswer ? [`It was asked at ${clockTime(asked.time)} and has not answered.`] : []),
    ],
  };
}

/** Whether the client has said anything since the oldest event that it owes was sent. */
export function hasAnsweredSince({ now, session }: Facts): boolean {
  if (!session?.last_ping) return false;
  return timeOf(session.last_ping) > now - session.oldest_unacknowledged_ms + CROSSES_MS;
}

/** What the client has not acknowledged, in words. */
export function owes({
  sent,
  offset,
  oldest_unacknowledged_ms: ms,
}: NonNullable<Facts['session']>): string {
  const count = Math.max(1, (sent ?? offset) - offset);
  return `${counted(count, 'event is', 'events are')} unacknowledged; the oldest was sent ${span(ms)} ago.`;
}

/** Whether the page was in the background when it said so last; undefined for a client that says nothing of it. */
export function isHidden({ session }: Facts): boolean | undefined {
  const info = session?.client_info as { readonly visible?: unknown } | null | undefined;
  return typeof info?.visible === 'boolean' ? !info.visible : undefined;
}
