/** Decides a registration: the rules of the protocol, on the sessions of the fake server. */

import type { RegisterSession } from '@session-monitor/protocol';
import {
  type Decision as Decided,
  decideRegistration,
  type KnownSession,
} from '@session-monitor/protocol/rules';
import type { FakeSession } from './fake-session.js';

export interface RegistrationFacts {
  readonly request: RegisterSession;
  /** The session that the request names, if it is of this thread and user and the secret is right. */
  readonly presented: FakeSession | undefined;
  /** The session that this instance has made on the thread, unless another has taken it over. */
  readonly own: FakeSession | undefined;
  /** Whether a session's owner is on a connection, and has sent a packet lately. */
  readonly isAlive: (session: FakeSession) => boolean;
}

type Of<Kind extends Decided['kind']> = Extract<Decided, { readonly kind: Kind }>;

export type Decision =
  | Of<'stale'>
  | (Omit<Of<'repeat'>, 'session'> & { readonly session: FakeSession })
  /** Without a session the registry makes one. */
  | (Omit<Of<'grant'>, 'session'> & { readonly session: FakeSession | undefined });

export function decide({ request, presented, own, isAlive }: RegistrationFacts): Decision {
  const known = (session: FakeSession): KnownSession => {
    const { owner, expiry } = session;
    const { instance, attempt } = owner;
    return { instance, attempt, alive: isAlive(session), ...(expiry && { expiry }) };
  };
  const decision = decideRegistration({
    instance: request.instance,
    attempt: request.attempt,
    claimed: request.session_id !== undefined,
    ...(presented && { presented: known(presented) }),
    ...(own && { own: known(own) }),
  });
  if (decision.kind === 'stale') return decision;
  const session = decision.session === 'presented' ? presented : own;
  if (decision.kind === 'grant') return { ...decision, session };
  if (!session) throw new TypeError('A repeated attempt is that of a session');
  return { ...decision, session };
}
