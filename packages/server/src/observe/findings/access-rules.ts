/** Findings about what a client may do, and where it asks. */

import type { TraceLine } from '../session-trace/line.js';
import type { Facts } from './facts.js';
import { cameAfter, newest, numberOf, SERVED, textOf } from './lines.js';
import type { Rules } from './rule.js';
import { clockTime, counted, span } from './words.js';

/** A limit that was hit longer ago explains nothing of now. */
const RECENT_MS = 60_000;

/** So many requests for unknown connections are no chance. */
const MISROUTED = 3;

const REFUSALS = ['register_refused', 'access_refused'] as const;

export const accessRules: Rules<
  'user_revoked' | 'token_refused' | 'token_expired' | 'limit_hit' | 'wrong_node' | 'taken_over'
> = {
  user_revoked({ lines }) {
    const line = newest(lines, 'disconnect', ({ reason }) => reason === 'revoked');
    const told = newest(lines, 'revoked');
    const revoked = line ?? told;
    if (!revoked) return undefined;
    const isThread = told !== undefined && told.thread_id !== undefined;
    return {
      at: revoked.time,
      ongoing: !cameAfter(lines, revoked, ...SERVED),
      title: `Access was revoked for ${isThread ? 'all followers of the thread' : 'its user, or for this session'}.`,
      evidence: [
        `The session ended at ${clockTime(revoked.time)}, reason 'revoked'.`,
        refusedAfter(lines, revoked),
      ],
      next: 'Ask the app for the reason: it was done on purpose, by revokeUser, revokeSession, revokeThread or POST /revocations. The client is let in again when authorize accepts it.',
    };
  },

  token_refused({ lines, session }) {
    const refusals = refusalsOf(lines, (code) => code !== 'token_expired' && isDenial(code));
    const line = refusals.at(-1);
    if (!line) return undefined;
    const isUnknown = line.code === 'unauthenticated';
    return {
      at: line.time,
      ongoing: !cameAfter(lines, line, ...SERVED),
      title: `${named(lines, session)} was refused ${timesOf(refusals)}: ${isUnknown ? 'the token is missing or not valid' : 'the user has no right to this'}.`,
      evidence: refusalEvidence(refusals, line),
      next: isUnknown
        ? 'Check what token() of the page returns, and the secret or key set of the server.'
        : 'Check the rule in authorize for this user and thread: the token is valid, and does not allow this.',
    };
  },

  token_expired({ lines, session }) {
    const refusals = refusalsOf(lines, (code) => code === 'token_expired');
    const refused = refusals.at(-1);
    const ended = newest(lines, 'disconnect', ({ reason }) => reason === 'token_expired');
    const line = refused ?? ended;
    if (!line) return undefined;
    return {
      at: line.time,
      ongoing: !cameAfter(lines, line, ...SERVED),
      title: refused
        ? `${named(lines, session)} was refused ${timesOf(refusals)}: the token had expired${expiredAgo(refused)}.`
        : `The session of ${named(lines, session, 'the client')} ended: its token had expired, and no fresh one came.`,
      evidence: [
        ...(ended ? [`The session ended at ${clockTime(ended.time)}, because its grant did.`] : []),
        ...(refused ? refusalEvidence(refusals, refused) : []),
      ],
      next: 'Let token() of the page return a fresh token when it is asked: look at its requests to your login, and at the clocks of both.',
    };
  },

  limit_hit({ now, lines }) {
    const line = newest(lines, 'limit');
    if (!line) return undefined;
    const peer = ['user_id', 'address', 'thread_id'].find((name) => line[name]);
    return {
      at: line.time,
      ongoing: now - line.time < RECENT_MS,
      title: `The limit ${textOf(line, 'limit')} was hit.`,
      evidence: [
        `${counted(numberOf(line, 'times'), 'time')} within a minute, last at ${clockTime(line.time)}${peer ? ` by ${peer} ${textOf(line, peer)}` : ''}.`,
      ],
      next: 'Look whether the client does more than it should. docs/security.md says what each limit is for, and the setting that raises it.',
    };
  },

  wrong_node({ now, node, otherNodes, connection, session }) {
    const requests = node?.misrouted_requests ?? 0;
    // A client of a node that has gone sends a request or two to another one.
    if (otherNodes === 0 || requests < MISROUTED) return undefined;
    // Over WebSocket a session is on one node whatever the balancer does.
    if (connection?.transport === 'websocket' && session?.status === 'active') return undefined;
    return {
      at: now,
      ongoing: true,
      title: 'Requests of one connection reach different nodes: the load balancer is not sticky.',
      evidence: [
        `${counted(requests, 'request')} of about the last minute were for connections that the node ${node?.node} does not have.`,
      ],
      next: 'Make the balancer sticky (by cookie or address), or let clients use WebSocket only: docs/redis.md shows both.',
    };
  },

  taken_over({ lines }) {
    const line = newest(lines, 'taken_over');
    if (!line) return undefined;
    return {
      at: line.time,
      ongoing: !cameAfter(lines, line, ...SERVED),
      title: 'Another tab took the session over: a copied tab, or one that was restored.',
      evidence: [
        `${textOf(line, 'by') === 'another node' ? 'A connection of another node' : `Connection ${textOf(line, 'by')}`} took it from connection ${textOf(line, 'connection')} at ${clockTime(line.time)}.`,
      ],
      next: 'Do nothing: each tab gets a session to itself when it registers again. If it goes on, look for two programs that present the same session secret.',
    };
  },
};

const isDenial = (code: unknown): boolean => code === 'unauthenticated' || code === 'authorisation';

const isRefusal = ({ step }: TraceLine): boolean => (REFUSALS as readonly string[]).includes(step);

/** The newest refusals of a kind: those since the client was served last, and so many of before if it is served. */
function refusalsOf(lines: Facts['lines'], fits: (code: unknown) => boolean): readonly TraceLine[] {
  const isOne = (line: TraceLine) => isRefusal(line) && fits(line.code);
  const end = lines.findLastIndex(isOne) + 1;
  const isServed = ({ step }: TraceLine) => (SERVED as readonly string[]).includes(step);
  const begin = lines.slice(0, end).findLastIndex(isServed) + 1;
  return lines.slice(begin, end).filter(isOne);
}

/** A line may stand for some that were left out. */
const timesOf = (refusals: readonly TraceLine[]): string =>
  counted(
    refusals.reduce((sum, line) => sum + 1 + numberOf(line, 'suppressed'), 0),
    'time',
  );

/** The user that the client is, was last, or claims to be. */
function named(lines: Facts['lines'], session: Facts['session'], fallback = 'The client'): string {
  const line = lines.findLast(({ user_id }) => typeof user_id === 'string' && user_id !== '');
  return session?.user_id ?? (line ? textOf(line, 'user_id') : fallback);
}

const expiredAgo = (line: TraceLine): string =>
  typeof line.expired_ms === 'number' ? ` ${span(line.expired_ms)} before` : '';

function refusalEvidence(refusals: readonly TraceLine[], last: TraceLine): readonly string[] {
  const [first = last] = refusals;
  const since = first === last ? '' : `, the first time at ${clockTime(first.time)}`;
  const what = textOf(last, 'action') || 'register';
  const from = last.address ? `, from ${textOf(last, 'address')}` : '';
  const detail = last.detail ? `: ${textOf(last, 'detail')}` : '.';
  return [
    `authorize refused '${what}' with ${textOf(last, 'code')} at ${clockTime(last.time)}${since}${from}${detail}`,
  ];
}

function refusedAfter(lines: Facts['lines'], line: TraceLine): string {
  const refused = lines.slice(lines.indexOf(line) + 1).filter(isRefusal);
  const last = refused.at(-1);
  return last
    ? `Its client was refused ${counted(refused.length, 'time')} since, the last time ${span(last.time - line.time)} later.`
    : 'Its client has not asked again.';
}
