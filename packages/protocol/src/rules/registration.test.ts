import { expect, test } from 'vitest';
import { type Decision, decideRegistration, type KnownSession } from './registration.js';

const mine = 'instance-a';
const other = 'instance-b';
const session = (fields: Partial<KnownSession>): KnownSession => ({
  instance: mine,
  attempt: 3,
  alive: false,
  ...fields,
});
const expiry = { reason: 'disconnected', detail: 'Expired 4 min ago.' };

interface Case {
  readonly when: string;
  readonly attempt: number;
  readonly presented?: KnownSession;
  readonly claimed?: boolean;
  readonly own?: KnownSession;
  readonly decision: Partial<Decision>;
}

const cases: readonly Case[] = [
  {
    when: 'nothing is known',
    attempt: 1,
    decision: { kind: 'grant', session: 'create', outcome: 'new', takesOver: false },
  },
  {
    when: 'an unknown session is claimed',
    attempt: 1,
    claimed: true,
    decision: { kind: 'grant', session: 'create', outcome: 'new', reason: 'unknown_session' },
  },
  {
    when: 'the owner comes back',
    attempt: 4,
    presented: session({}),
    decision: { kind: 'grant', session: 'presented', outcome: 'resumed', takesOver: false },
  },
  {
    when: 'the owner comes back while its old connection still looks alive',
    attempt: 4,
    presented: session({ alive: true }),
    decision: { kind: 'grant', session: 'presented', outcome: 'resumed', takesOver: false },
  },
  {
    when: 'the owner asks again',
    attempt: 3,
    presented: session({ alive: true }),
    decision: { kind: 'repeat', session: 'presented' },
  },
  {
    when: 'an old request of the owner arrives late',
    attempt: 2,
    presented: session({ alive: true }),
    decision: { kind: 'stale', newest: 3 },
  },
  {
    when: 'a late request names another’s session, and the next attempt was granted an own',
    attempt: 2,
    presented: session({ instance: other, attempt: 1 }),
    own: session({ attempt: 3 }),
    decision: { kind: 'stale', newest: 3 },
  },
  {
    when: 'the receipt of a fork was lost, and the owner has gone since',
    attempt: 3,
    presented: session({ instance: other, attempt: 1 }),
    own: session({ attempt: 3 }),
    decision: { kind: 'repeat', session: 'own' },
  },
  {
    when: 'a reload finds the owner gone',
    attempt: 1,
    presented: session({ instance: other }),
    decision: { kind: 'grant', session: 'presented', outcome: 'resumed', takesOver: true },
  },
  {
    when: 'a duplicated tab finds the owner alive',
    attempt: 1,
    presented: session({ instance: other, alive: true }),
    decision: { kind: 'grant', session: 'create', outcome: 'forked', takesOver: false },
  },
  {
    when: 'a duplicated tab lost the receipt of its fork',
    attempt: 4,
    presented: session({ instance: other, alive: true }),
    own: session({}),
    decision: { kind: 'grant', session: 'own', outcome: 'forked', takesOver: false },
  },
  {
    when: 'a first receipt was lost and the request comes over a new connection',
    attempt: 4,
    own: session({}),
    decision: { kind: 'grant', session: 'own', outcome: 'resumed', takesOver: false },
  },
  {
    when: 'a first receipt was lost and the request comes again',
    attempt: 3,
    own: session({}),
    decision: { kind: 'repeat', session: 'own' },
  },
  {
    when: 'the session has expired',
    attempt: 9,
    presented: session({ expiry }),
    decision: {
      kind: 'grant',
      session: 'create',
      outcome: 'new',
      reason: 'expired',
      detail: expiry.detail,
    },
  },
  {
    when: 'the own session has expired: its name is used again',
    attempt: 9,
    presented: session({ expiry }),
    own: session({ expiry }),
    decision: {
      kind: 'grant',
      session: 'own',
      outcome: 'new',
      reason: 'expired',
      takesOver: false,
    },
  },
];

for (const { when, decision: expected, attempt, presented, own, claimed } of cases) {
  const verdict = 'outcome' in expected ? expected.outcome : expected.kind;
  test(`${verdict} when ${when}`, () => {
    const decision = decideRegistration({
      instance: mine,
      attempt,
      claimed: claimed ?? presented !== undefined,
      ...(presented && { presented }),
      ...(own && { own }),
    });
    expect(decision).toMatchObject(expected);
    if (!('reason' in expected)) expect(decision).not.toHaveProperty('reason');
  });
}
