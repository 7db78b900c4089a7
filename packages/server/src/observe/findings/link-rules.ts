/** Findings about the link to a client, and about the client itself. */

import type { TraceLine } from '../session-trace/line.js';
import type { Facts } from './facts.js';
import { cameAfter, newest, numberOf, SERVED, textOf } from './lines.js';
import { type Rules, timeOf } from './rule.js';
import { clockTime, counted, span } from './words.js';

/** An answer takes a round trip: a client that owes one for longer is not well. */
const OWES_MS = 5_000;
/** A client that acknowledges nothing for longer than this does not just read slowly. */
const WITHHOLDS_MS = 10_000;
/** A reader whose oldest event waits as long is behind what its user could see. */
const BEHIND_MS = 2_000;
/** The next upgrade is tried with the next connection: what has failed for as long stays so. */
const UPGRADE_MS = 5_000;
/** So many connections of the same length are no chance. */
const STEADY_CUTS = 3;
/** No idle timeout is set below this. */
const MIN_PERIOD_MS = 3_000;
/** How far ends may be from each other: that of timers, and a share. */
const SPREAD_MS = 1_000;
const SPREAD = 0.05;

/** How Engine.IO names the end of a connection that neither side has asked for. */
const CUTS: ReadonlySet<unknown> = new Set(['transport close', 'transport error', 'ping timeout']);

export const linkRules: Rules<
  | 'page_frozen'
  | 'steady_cuts'
  | 'stuck_on_polling'
  | 'half_open_link'
  | 'acknowledgements_withheld'
  | 'slow_reader'
  | 'expired_while_away'
> = {
  page_frozen(facts) {
    const silence = silenceOf(facts);
    if (silence && isHidden(facts)) {
      return {
        at: silence.since,
        ongoing: true,
        title: `The page is in the background and has been silent for ${span(facts.now - silence.since)}: the browser has frozen it, or it is gone.`,
        evidence: [...silence.evidence, 'At its last word the page was hidden.'],
        next: 'Nothing: a page that is shown again catches up. Its session is kept for it until it expires.',
      };
    }
    const line = newest(facts.lines, 'frozen');
    if (!line) return undefined;
    const frozenMs = numberOf(line, 'frozen_ms');
    return {
      at: line.time,
      title: `The page was frozen for ${span(frozenMs)}: the browser stopped it, or the computer slept.`,
      evidence: [
        `${clockTime(line.time)} the page told so when it was back; the server had heard nothing for ${span(numberOf(line, 'silent_ms'))}.`,
      ],
      next: 'Nothing: it has caught up since. Browsers freeze pages in the background; a page that plays sound or holds a Web Lock is not frozen.',
    };
  },

  steady_cuts({ lines }) {
    const cuts = cutsOf(lines);
    const last = cuts.at(-1);
    const ages = cuts.slice(-STEADY_CUTS - 2).map((line) => numberOf(line, 'ms'));
    const period = [...ages].sort((a, b) => a - b)[Math.floor(ages.length / 2)];
    if (!last || period === undefined || period < MIN_PERIOD_MS) return undefined;
    const isNear = (ms: number) => Math.abs(ms - period) <= Math.max(SPREAD_MS, period * SPREAD);
    const steady = ages.filter(isNear);
    if (steady.length < STEADY_CUTS || !isNear(numberOf(last, 'ms'))) return undefined;
    return {
      at: last.time,
      ongoing: true,
      title: `Each connection is cut after ${span(period)}: something between the client and the server has a timeout of that length.`,
      evidence: [
        `The last ${counted(steady.length, 'connection')} lasted ${steady.map(span).join(', ')}.`,
        `The newest ended at ${clockTime(last.time)} with '${textOf(last, 'reason')}'.`,
      ],
      next: 'Raise the idle timeout of the proxy or load balancer (nginx: proxy_read_timeout; HAProxy: timeout tunnel), or let pingInterval be shorter than it.',
    };
  },

  stuck_on_polling({ now, session, connection }) {
    if (!connection || session?.status === 'disconnected') return undefined;
    const connectedAt = timeOf(connection.connected_at);
    // A client that tries no upgrade has chosen polling.
    const { transport, failed_upgrades: failed } = connection;
    if (transport !== 'polling' || failed === 0 || now - connectedAt < UPGRADE_MS) return undefined;
    return {
      at: connectedAt,
      ongoing: true,
      title: 'The connection is stuck on long polling: its upgrade to WebSocket failed.',
      evidence: [
        `${counted(failed, 'upgrade')} failed; it has polled for ${span(now - connectedAt)}.`,
        ...(connection.user_agent ? [`Its browser: ${connection.user_agent}.`] : []),
      ],
      next: 'The proxy in between must pass the headers Upgrade and Connection (nginx: proxy_http_version 1.1). If it is one user alone: a company proxy or a virus scanner.',
    };
  },

  half_open_link(facts) {
    const silence = silenceOf(facts);
    if (silence && !isHidden(facts)) {
      return {
        at: silence.since,
        ongoing: true,
        title: `The link is half open: the server sends, and nothing has come back for ${span(facts.now - silence.since)}.`,
        evidence: [...silence.evidence, 'At its last word the page was in the foreground.'],
        next: 'Nothing at the server: the connection ends at the ping timeout, and the client connects again. If it is frequent: a network that drops connections without a word (mobile, VPN, NAT).',
      };
    }
    const line = newest(facts.lines, 'disconnect', ({ reason }) => reason === 'ping timeout');
    if (!line || cameAfter(facts.lines, line, 'frozen')) return undefined;
    return {
      at: line.time,
      title:
        'The link was half open: the connection had no end, and nothing came through any more.',
      evidence: [`${clockTime(line.time)} the server gave it up ('ping timeout').`],
      next: 'If it is frequent: a network that drops connections without a word (mobile, VPN, NAT), or a page that was frozen and never came back.',
    };
  },

  acknowledgements_withheld(facts) {
    const { now, session, connection } = facts;
    if (!session || session.oldest_unacknowledged_ms < WITHHOLDS_MS) return undefined;
    const age = session.acknowledged_age_ms;
    const isSlow = (age !== null && age < WITHHOLDS_MS) || (connection?.buffered.bytes ?? 0) > 0;
    if (isSlow || !hasAnsweredSince(facts)) return undefined;
    return {
      at: now - session.oldest_unacknowledged_ms,
      ongoing: true,
      title: 'The client answers pings, and acknowledges no event.',
      evidence: [
        owes(session),
        age === null
          ? 'It has acknowledged nothing on this connection.'
          : `Its last acknowledgement came ${span(age)} ago.`,
      ],
      next: 'A client of another make, or one that was changed: it must acknowledge what it has applied, as PROTOCOL.md says. Nothing new is sent to it once its credit is used up.',
    };
  },

  slow_reader({ now, session }) {
    if (!session) return undefined;
    const { oldest_unacknowledged_ms: waits, acknowledged_age_ms: age, lag } = session;
    if (lag === 0 || waits < BEHIND_MS || age === null || age >= WITHHOLDS_MS) return undefined;
    return {
      at: now - waits,
      ongoing: true,
      title: 'The client reads more slowly than the thread grows.',
      evidence: [
        `It is ${counted(lag, 'event')} behind, and takes ${session.delivered_per_s} a second.`,
        owes(session),
        ...(session.waiting === 'transport'
          ? ['Its connection takes no more bytes: the network is the slow part.']
          : []),
        ...(session.waiting === 'credit'
          ? ['Its credit is used up: the page is busy, or its network is slow.']
          : []),
      ],
      next: 'Nothing is lost. If it is the page: render less for each event (once a frame). If it is the network: it catches up when that is better.',
    };
  },

  expired_while_away({ lines, session }) {
    const line = newest(lines, 'expire');
    if (!line) return undefined;
    const awayMs = numberOf(line, 'away_ms');
    return {
      at: line.time,
      ongoing: session === undefined && !cameAfter(lines, line, ...SERVED),
      title: 'The session expired while its client was away.',
      evidence: [
        awayMs > 0
          ? `${clockTime(line.time)} it was removed, after ${span(awayMs)} without a connection.`
          : `${clockTime(line.time)} it was removed, after ${span(numberOf(line, 'silent_ms'))} without an answer.`,
      ],
      next: 'Nothing: a client that comes back gets a new session, and its thread from where it was. SESSION_TTL_MS says how long one is kept.',
    };
  },
};

interface Silence {
  readonly since: number;
  readonly evidence: readonly string[];
}

/** A client that owes an answer and has said nothing for a while. */
function silenceOf(facts: Facts): Silence | undefined {
  const { now, session, lines } = facts;
  if (!session || session.status === 'disconnected') return undefined;
  const silentMs = now - timeOf(session.last_activity);
  const asked = newest(lines, 'idle', ({ time }) => time > timeOf(session.last_activity));
  const owesEvents = session.oldest_unacknowledged_ms >= OWES_MS && !hasAnsweredSince(facts);
  const owesAnswer = session.status === 'idle' && asked && now - asked.time >= OWES_MS;
  if (silentMs < OWES_MS || !(owesEvents || owesAnswer)) return undefined;
  return {
    since: timeOf(session.last_activity),
    evidence: [
      ...(owesEvents ? [owes(session)] : []),
      ...(owesAnswer ? [`It was asked at ${clockTime(asked.time)} and has not answered.`] : []),
    ],
  };
}

/** Whether the client has said anything since the oldest event that it owes was sent. */
function hasAnsweredSince({ now, session }: Facts): boolean {
  if (!session?.last_ping) return false;
  return timeOf(session.last_ping) > now - session.oldest_unacknowledged_ms + SPREAD_MS;
}

const owes = ({ oldest_unacknowledged_ms: ms }: NonNullable<Facts['session']>): string =>
  `The oldest event that it has not acknowledged was sent ${span(ms)} ago.`;

/** Whether the page was in the background when it said so last. */
function isHidden({ session }: Facts): boolean {
  const info = session?.client_info as { readonly visible?: unknown } | null | undefined;
  return info?.visible === false;
}

/** The ends of connections that neither side has asked for, oldest first, one for each connection. */
function cutsOf(lines: Facts['lines']): readonly TraceLine[] {
  const cuts = new Map<unknown, TraceLine>();
  for (const line of lines) {
    const isCut = line.step === 'disconnect' && CUTS.has(line.reason) && numberOf(line, 'ms') > 0;
    if (isCut) cuts.set(line.connection, line);
  }
  return [...cuts.values()];
}
