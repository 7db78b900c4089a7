/** Findings about what a client may do, and where it asks. */

import type { TraceLine } from '../session-trace/line.js';
import type { Facts } from './facts.js';
import { cameAfter, newest, numberOf, SERVED, textOf } from './lines.js';
import type { Rules } from './rule.js';
import { clockTime, counted, span } from './words.js';

/** A limit that was hit longer ago explains nothing of now. */
const RECENT_MS = 60_000;

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
        `${clockTime(revoked.time)} the session ended, reason 'revoked'.`,
        refusedAfter(lines, revoked),
      ],
      next: 'It was done on purpose, by revokeUser, revokeSession, revokeThread or POST /revocations. The client is let in again when authorize accepts it.',
    };
  },

  token_refused(facts) {
    const line = newestRefusal(facts, ({ code }) => code !== 'token_expired' && isDenial(code));
    if (!line) return undefined;
    return {
      at: line.time,
      ongoing: !cameAfter(facts.lines, line, ...SERVED),
      title: 'authorize refused the client.',
      evidence: [refusal(line)],
      next:
        line.code === 'unauthenticated'
          ? 'The token is missing or invalid: check what token() of the page returns, and the secret or key set of the server.'
          : 'The token is valid, and its user has no right to this: check the rule in authorize for this user and thread.',
    };
  },

  token_expired(facts) {
    const { lines } = facts;
    const refused = newestRefusal(facts, ({ code }) => code === 'token_expired');
    const ended = newest(lines, 'disconnect', ({ reason }) => reason === 'token_expired');
    const line = [refused, ended].filter(isPresent).sort((a, b) => b.time - a.time)[0];
    if (!line) return undefined;
    return {
      at: line.time,
      ongoing: !cameAfter(lines, line, ...SERVED),
      title: "The client's token has expired.",
      evidence: [
        line === refused
          ? refusal(line)
          : `${clockTime(line.time)} the session ended, because its grant did and no fresh token came.`,
      ],
      next: 'The page must return a fresh token from token() when it is asked: look at its requests to your login, and at the clocks of both.',
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
        `${clockTime(line.time)} ${counted(numberOf(line, 'times'), 'time')} in a minute${peer ? `, by ${peer} ${textOf(line, peer)}` : ''}.`,
      ],
      next: 'docs/security.md says what each limit is for, and the setting that raises it. Look first whether the client does more than it should.',
    };
  },

  wrong_node({ now, node, connection, session }) {
    const requests = node?.misrouted_requests ?? 0;
    if (requests === 0) return undefined;
    // Over WebSocket a session is on one node whatever the balancer does.
    if (connection?.transport === 'websocket' && session?.status === 'active') return undefined;
    return {
      at: now,
      ongoing: true,
      title: 'Requests of one connection reach different nodes: the load balancer is not sticky.',
      evidence: [
        `${counted(requests, 'request')} of the last minute ${requests === 1 ? 'was' : 'were'} for connections that the node does not have.`,
      ],
      next: 'Make the balancer sticky (by cookie or address), or have clients use WebSocket only: docs/deploy.md shows both.',
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
        `${clockTime(line.time)} connection ${textOf(line, 'by')} took it from ${textOf(line, 'connection')}.`,
      ],
      next: 'Nothing: each tab gets a session to itself when it registers again. If it goes on, two programs present the same session secret.',
    };
  },
};

const isDenial = (code: unknown): boolean => code === 'unauthenticated' || code === 'authorisation';

const isPresent = <T>(value: T | undefined): value is T => value !== undefined;

const newestRefusal = (
  { lines }: Facts,
  fits: (line: TraceLine) => boolean,
): TraceLine | undefined =>
  lines.findLast((line) => (REFUSALS as readonly string[]).includes(line.step) && fits(line));

const refusal = (line: TraceLine): string =>
  `${clockTime(line.time)} ${textOf(line, 'action') || 'a registration'} was refused with ${textOf(line, 'code')}${line.address ? `, for ${textOf(line, 'address')}` : ''}${line.detail ? `: ${textOf(line, 'detail')}` : '.'}`;

function refusedAfter(lines: Facts['lines'], line: TraceLine): string {
  const refused = lines
    .slice(lines.indexOf(line) + 1)
    .filter(({ step }) => (REFUSALS as readonly string[]).includes(step));
  const last = refused.at(-1);
  return last
    ? `Its client was refused ${counted(refused.length, 'time')} since, ${span(last.time - line.time)} later at the last.`
    : 'Its client has not asked again.';
}
