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

interface Facts {
  readonly presented?: KnownSession;
  readonly claimed?: boolean;
  readonly own?: KnownSession;
}

type Verdict = Partial<Decision>;
const grant = (session: 'presented' | 'own' | 'create', outcome: string, more: object = {}) =>
  ({ kind: 'grant', session, outcome, takesOver: false, ...more }) as Verdict;
const repeat = (session: 'presented' | 'own'): Verdict => ({ kind: 'repeat', session });
const stale: Verdict = { kind: 'stale', newest: 3 };

const granted = session({});
const alive = session({ alive: true });
const expired = session({ expiry });
const others = session({ instance: other });
const othersAlive = session({ instance: other, alive: true });

const returned = grant('presented', 'resumed');
const takenOver = grant('presented', 'resumed', { takesOver: true });
const forked = grant('create', 'forked');
const unknown = grant('create', 'new', { reason: 'unknown_session' });
const renewed = grant('create', 'new', { reason: 'expired', detail: expiry.detail });
const renewedOwn = grant('own', 'new', { reason: 'expired' });
/** The receipt of a fork was lost. */
const lostFork = { presented: others, own: granted };
const bothExpired = { presented: expired, own: expired };

const cases: readonly (readonly [when: string, attempt: number, facts: Facts, Verdict])[] = [
  ['nothing is known', 1, {}, grant('create', 'new')],
  ['an unknown session is claimed', 1, { claimed: true }, unknown],
  ['the owner comes back', 4, { presented: granted }, returned],
  [
    'the owner comes back while its old connection still looks alive',
    4,
    { presented: alive },
    returned,
  ],
  ['the owner asks again', 3, { presented: alive }, repeat('presented')],
  ['an old request of the owner arrives late', 2, { presented: alive }, stale],
  [
    'a late request names another’s session, and the next attempt was granted an own',
    2,
    lostFork,
    stale,
  ],
  ['the receipt of a fork was lost, and the owner has gone since', 3, lostFork, repeat('own')],
  ['a reload finds the owner gone', 1, { presented: others }, takenOver],
  ['a duplicated tab finds the owner alive', 1, { presented: othersAlive }, forked],
  [
    'a duplicated tab lost the receipt of its fork',
    4,
    { presented: othersAlive, own: granted },
    grant('own', 'forked'),
  ],
  [
    'a first receipt was lost and the request comes over a new connection',
    4,
    { own: granted },
    grant('own', 'resumed'),
  ],
  ['a first receipt was lost and the request comes again', 3, { own: granted }, repeat('own')],
  ['the session has expired', 9, { presented: expired }, renewed],
  ['the own session has expired: its name is used again', 9, bothExpired, renewedOwn],
];

for (const [when, attempt, { presented, own, claimed }, expected] of cases) {
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
