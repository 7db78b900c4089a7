/** Findings about the link to a client. */

import type { UpgradeFailure } from '../../socketio/upgrade-failures.js';
import type { TraceLine } from '../session-trace/line.js';
import type { Facts } from './facts.js';
import { cameAfter, newest, numberOf, SERVED, textOf } from './lines.js';
import { type Rules, timeOf } from './rule.js';
import { isHidden, silenceOf } from './silence.js';
import { clockTime, counted, seconds, span } from './words.js';

/** So many connections of the same length are no chance. */
const STEADY_CUTS = 3;
/** No idle timeout is set below this. */
const MIN_PERIOD_MS = 3_000;
/** How far ends may be from each other: that of timers, and a share. */
const SPREAD_MS = 1_000;
const SPREAD = 0.05;
/** Of the newest connections, so many are looked at. */
const CUTS_LOOKED_AT = 20;

/** How Engine.IO names the end of a connection that neither side has asked for. */
const CUTS: ReadonlySet<unknown> = new Set(['transport close', 'transport error', 'ping timeout']);

const UPGRADE_FAILURES: Readonly<Record<UpgradeFailure, string>> = {
  no_upgrade_header:
    'its request for a WebSocket comes without the header Upgrade, which a proxy removes',
  abandoned: 'its WebSocket was cut before it was in use',
  refused: 'its request for a WebSocket was refused',
  bad_request: 'its request for a WebSocket was malformed',
  unknown_connection: 'its request for a WebSocket reached a server that does not know it',
};

export const linkRules: Rules<
  'steady_cuts' | 'stuck_on_polling' | 'half_open_link' | 'expired_while_away'
> = {
  steady_cuts({ now, lines, session, connection }) {
    const cuts = cutsOf(lines).slice(-CUTS_LOOKED_AT);
    const last = cuts.at(-1);
    const period = last && numberOf(last, 'ms');
    if (!last || period === undefined || period < MIN_PERIOD_MS) return undefined;
    const isNear = (cut: TraceLine) =>
      Math.abs(numberOf(cut, 'ms') - period) <= Math.max(SPREAD_MS, period * SPREAD);
    const steady = cuts.slice(cuts.findLastIndex((cut) => !isNear(cut)) + 1);
    if (steady.length < STEADY_CUTS) return undefined;
    const isConnected = connection !== undefined && session?.status !== 'disconnected';
    const outlived =
      isConnected && now - timeOf(connection.connected_at) > period * (1 + SPREAD) + SPREAD_MS;
    const middle = steady.map((cut) => numberOf(cut, 'ms')).sort((a, b) => a - b);
    const usual = seconds(middle[Math.floor(middle.length / 2)] ?? period);
    return {
      at: last.time,
      ongoing: !outlived,
      title: `The connection was cut after ${usual}, ${steady.length} times in a row: something between the client and the server has a timeout of that length.`,
      evidence: [
        `The connections lasted ${steady.map((cut) => seconds(numberOf(cut, 'ms'))).join(', ')}.`,
        `The newest ended at ${clockTime(last.time)} with '${textOf(last, 'reason')}'.`,
        ...(outlived ? ['The connection that it has now has lasted longer.'] : []),
      ],
      next: 'Raise the idle timeout of the proxy or load balancer (nginx: proxy_read_timeout; HAProxy: timeout tunnel), or make pingInterval shorter than it.',
    };
  },

  stuck_on_polling({ now, session, connection, node }) {
    if (!connection || session?.status === 'disconnected') return undefined;
    const connectedAt = timeOf(connection.connected_at);
    // A client that tries no upgrade has chosen polling. One whose upgrade fails tries none again on this connection.
    const { transport, failed_upgrades: failed, upgrade_failure: reason } = connection;
    if (transport !== 'polling' || !reason) return undefined;
    const { stuck_connections: stuck = 1, connections = 1 } = node ?? {};
    const isAlone = stuck <= 1;
    return {
      at: connectedAt,
      ongoing: true,
      title: `The connection is stuck on long polling: ${UPGRADE_FAILURES[reason]}.`,
      evidence: [
        `${counted(failed, 'upgrade')} failed (${reason}); it has polled for ${span(now - connectedAt)}.`,
        isAlone
          ? 'No other connection of its server is stuck.'
          : `${stuck} of the ${connections} connections of its server are stuck in the same way.`,
        ...(connection.user_agent ? [`Its browser: ${connection.user_agent}.`] : []),
      ],
      next: isAlone
        ? 'Look at what stands between this client and the server, such as a company proxy or a virus scanner. Polling works, with more requests.'
        : 'Let the proxy in front of the server pass the headers Upgrade and Connection (nginx: proxy_http_version 1.1 and both headers; docs/deploy.md shows them).',
    };
  },

  half_open_link(facts) {
    const { lines, probe } = facts;
    const silence = silenceOf(facts);
    if (silence && probe?.link !== true && isHidden(facts) !== true) {
      return {
        at: silence.since,
        ongoing: true,
        title: `The link is half open since ${clockTime(silence.since)}: the server sends, and nothing comes back.`,
        evidence: [
          ...silence.evidence,
          ...(probe?.link === false ? ['Its end of the connection does not answer, either.'] : []),
          ...(isHidden(facts) === false
            ? ['When it was heard last, it was in the foreground.']
            : []),
        ],
        next: 'Do nothing at the server: it ends the connection at the ping timeout, and the client connects again. If it is frequent, look for a network that drops connections without a word (mobile, VPN, NAT).',
      };
    }
    const line = newest(lines, 'disconnect', ({ reason }) => reason === 'ping timeout');
    if (!line || cameAfter(lines, line, 'frozen')) return undefined;
    return {
      at: line.time,
      title:
        'The client did not answer any more, and its connection had no end: the link was half open, or the page stood still.',
      evidence: [
        `The server ended the connection at ${clockTime(line.time)} ('ping timeout').`,
        cameAfter(lines, line, ...SERVED)
          ? 'Its client has come back since.'
          : 'Its client has not come back since.',
      ],
      next: 'If it is frequent, look for a network that drops connections without a word (mobile, VPN, NAT), or a page that is frozen and left.',
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
          ? `It was removed at ${clockTime(line.time)}, after ${span(awayMs)} without a connection.`
          : `It was removed at ${clockTime(line.time)}, after ${span(numberOf(line, 'silent_ms'))} without an answer.`,
      ],
      next: 'Do nothing: a client that comes back gets a new session, and its thread from where it was. SESSION_TTL_MS says how long a session is kept.',
    };
  },
};

/** The ends of connections that neither side has asked for, oldest first, one for each connection. */
function cutsOf(lines: Facts['lines']): readonly TraceLine[] {
  const cuts = new Map<unknown, TraceLine>();
  for (const line of lines) {
    const isCut = line.step === 'disconnect' && CUTS.has(line.reason) && numberOf(line, 'ms') > 0;
    if (isCut) cuts.set(line.connection, line);
  }
  return [...cuts.values()];
}
