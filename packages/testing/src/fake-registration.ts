/** What becomes of a registration: the decision of the real server (PROTOCOL.md, 'Registration outcomes'). */

import type { OutcomeReason, RegisterSession } from '@session-monitor/protocol';
import type { FakeSession } from './fake-session.js';

export interface RegistrationFacts {
  readonly request: RegisterSession;
  /** The session that the request names, if it is of this thread and user and the secret is right. */
  readonly presented: FakeSession | undefined;
  /** The session that this instance has made on the thread, unless another has taken it over. */
  readonly own: FakeSession | undefined;
  /** Whether a session's owner is on a connection, and was heard from lately. */
  readonly isAlive: (session: FakeSession) => boolean;
}

export type Decision =
  | { readonly kind: 'stale'; readonly newest: number }
  /** Asked again: the answer is the one that was given. */
  | { readonly kind: 'repeat'; readonly session: FakeSession }
  | {
      readonly kind: 'grant';
      /** Undefined: one is to be made. */
      readonly session: FakeSession | undefined;
      readonly outcome: 'new' | 'resumed' | 'forked';
      /** Whether another instance owned it before. */
      readonly takesOver: boolean;
      readonly reason?: OutcomeReason;
      readonly detail?: string;
    };

export function decide(facts: RegistrationFacts): Decision {
  const { request, presented, own, isAlive } = facts;
  if (!presented || presented.expiry) return ownSession(facts, 'new');
  if (presented.owner.instance === request.instance) return continued(request, presented);
  if (isAlive(presented)) return ownSession(facts, 'forked');
  const granted = own && !own.expiry && request.attempt <= own.owner.attempt;
  if (granted) return continued(request, own);
  return { kind: 'grant', session: presented, outcome: 'resumed', takesOver: true };
}

function ownSession(facts: RegistrationFacts, outcome: 'new' | 'forked'): Decision {
  const { own, request } = facts;
  if (own && !own.expiry) {
    const decision = continued(request, own);
    return decision.kind === 'grant' && outcome === 'forked' ? { ...decision, outcome } : decision;
  }
  const why = outcome === 'forked' ? {} : whyNotResumed(facts);
  return { kind: 'grant', session: own, outcome, takesOver: false, ...why };
}

function continued({ attempt }: RegisterSession, session: FakeSession): Decision {
  const newest = session.owner.attempt;
  if (attempt < newest) return { kind: 'stale', newest };
  if (attempt === newest) return { kind: 'repeat', session };
  return { kind: 'grant', session, outcome: 'resumed', takesOver: false };
}

function whyNotResumed({ request, presented }: RegistrationFacts): {
  readonly reason?: OutcomeReason;
  readonly detail?: string;
} {
  if (request.session_id === undefined) return {};
  return presented?.expiry
    ? { reason: 'expired', detail: presented.expiry.detail }
    : { reason: 'unknown_session', detail: 'The server does not know this session.' };
}
