/**
 * Decides a registration. Pure: the facts go in, the decision comes out.
 *
 *     session presented, secret right ──┬─ same instance ──┬─ attempt higher ──► resumed
 *                                       │                  ├─ attempt equal ───► the same receipt
 *                                       │                  └─ attempt lower ───► stale
 *                                       └─ other instance ─┬─ owner alive ─────► forked (own session)
 *                                                          ├─ this attempt, or a later one, has been
 *                                                          │  granted an own session ► as same instance
 *                                                          └─ owner gone ──────► resumed (taken over)
 *     nothing presented, or not valid ──┬─ own session known (a receipt was lost) ► as same instance
 *                                       └─ not known ─────────────────────────────► new
 *
 * A session's own id is derived from the instance that asked for it, so that a client whose first
 * receipt was lost finds the session it has made.
 */

import { type Cursor, decodeCursor } from '../cursor.js';
import type { OutcomeReason, RegisterSession, Since } from '../messages.js';
import type { Expiry } from './expiry.js';

/** What the decision needs to know of a session. */
export interface KnownSession {
  readonly instance: string;
  readonly attempt: number;
  readonly expiry?: Expiry;
  /** Whether its owner has sent a packet within two ping intervals. */
  readonly alive: boolean;
}

export interface RegistrationFacts {
  readonly instance: string;
  readonly attempt: number;
  /** Whether the caller named a session at all. */
  readonly claimed: boolean;
  /** The session it named, if that is of this thread and user and the secret is right. */
  readonly presented?: KnownSession | undefined;
  /** The session that this instance made earlier, if there is one. */
  readonly own?: KnownSession | undefined;
}

export type Decision =
  | { readonly kind: 'stale'; readonly newest: number }
  /** A repeated attempt: the answer is the receipt already given. */
  | { readonly kind: 'repeat'; readonly session: 'presented' | 'own' }
  | {
      readonly kind: 'grant';
      readonly session: 'presented' | 'own' | 'create';
      readonly outcome: 'new' | 'resumed' | 'forked';
      /** Whether another instance owned it before: its position is not the caller's. */
      readonly takesOver: boolean;
      readonly reason?: OutcomeReason;
      readonly detail?: string;
    };

export type GrantDecision = Extract<Decision, { kind: 'grant' }>;
export type RepeatDecision = Extract<Decision, { kind: 'repeat' }>;

/** A repeated registration whose receipt is gone (another connection, a restart) gets a new grant. */
export const asGrant = ({ session }: RepeatDecision): GrantDecision => ({
  kind: 'grant',
  session,
  outcome: 'resumed',
  takesOver: false,
});

/** What a session is bound to, and what a claim to it must name. */
export interface Claim {
  readonly secret: string;
  readonly thread_id: string;
  readonly user_id: string | null;
}

/** Whether a claim is good for a session: its secret, its thread and its user. */
export const mayClaim = (
  session: Claim,
  claim: Claim,
  isSameSecret: (ofSession: string, ofClaim: string) => boolean,
): boolean =>
  isSameSecret(session.secret, claim.secret) &&
  session.thread_id === claim.thread_id &&
  session.user_id === claim.user_id;

/** Whether a session's owner, silent for so long, still counts as alive. */
export const isOwnerAlive = (silentMs: number, pingIntervalMs: number): boolean =>
  silentMs < 2 * pingIntervalMs;

/**
 * Where a granted session continues: at the caller's cursor; without one at the caller's `since`.
 *
 * @param start where this instance has begun already, if its receipt was lost
 */
export function beginningOf(
  { cursor, since = 'start' }: Pick<RegisterSession, 'cursor' | 'since'>,
  start: string | undefined,
): { readonly cursor: string } | { readonly since: Since; readonly began?: Cursor } {
  if (cursor !== undefined) return { cursor };
  // 'now' means the time of the first attempt: a lost receipt moves nothing.
  // mutant: a-repeated-attempt-starts-over
  if (since === 'now' && start !== undefined) return { cursor: start };
  const began = start === undefined ? undefined : decodeCursor(start);
  return { since, ...(began && { began }) };
}

export function decideRegistration(facts: RegistrationFacts): Decision {
  const { presented, own } = facts;
  if (presented && !presented.expiry) {
    if (presented.instance === facts.instance) return continued(facts, presented, 'presented');
    if (presented.alive) return ownSession(facts, 'forked');
    if (own && !own.expiry && facts.attempt <= own.attempt) return continued(facts, own, 'own');
    return { kind: 'grant', session: 'presented', outcome: 'resumed', takesOver: true };
  }
  return ownSession(facts, 'new');
}

function ownSession(facts: RegistrationFacts, outcome: 'new' | 'forked'): Decision {
  const { own } = facts;
  if (own && !own.expiry) {
    const decision = continued(facts, own, 'own');
    return decision.kind === 'grant' && outcome === 'forked' ? { ...decision, outcome } : decision;
  }
  return {
    kind: 'grant',
    session: own ? 'own' : 'create',
    outcome,
    takesOver: false,
    ...whyNotResumed(facts, outcome),
  };
}

function continued(
  facts: RegistrationFacts,
  known: KnownSession,
  session: 'presented' | 'own',
): Decision {
  // mutant: a-stale-attempt-is-granted
  if (facts.attempt < known.attempt) return { kind: 'stale', newest: known.attempt };
  if (facts.attempt === known.attempt) return { kind: 'repeat', session };
  return { kind: 'grant', session, outcome: 'resumed', takesOver: false };
}

function whyNotResumed(
  facts: RegistrationFacts,
  outcome: 'new' | 'forked',
): { reason?: OutcomeReason; detail?: string } {
  if (outcome === 'forked' || !facts.claimed) return {};
  const expiry = facts.presented?.expiry;
  return expiry
    ? { reason: 'expired', detail: expiry.detail }
    : { reason: 'unknown_session', detail: 'The server does not know this session.' };
}
