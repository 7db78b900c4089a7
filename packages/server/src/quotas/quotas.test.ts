import { expect, test } from 'vitest';
import { fakeClock } from '../../../testing/src/fake-clock.js';
import { DEFAULT_LIMITS, type ServerLimits } from '../limits.js';
import { policyOf } from '../observe/limit-fault.js';
import { LimitHits } from '../observe/limit-hits.js';
import type { RateStore, SharedRate } from '../stores/store.js';
import { Quotas, type RateName } from './quotas.js';

const SESSION_TTL_MS = 1_800_000;
const from = (remoteAddress: string) => ({ headers: {}, socket: { remoteAddress } });

interface StageOptions extends Partial<ServerLimits> {
  readonly rates?: RateStore;
  readonly clock?: ReturnType<typeof fakeClock>;
}

function stage({ rates, clock = fakeClock(), ...limits }: StageOptions) {
  const hits = new LimitHits(clock, () => {});
  const quotas = new Quotas({
    limits: { ...DEFAULT_LIMITS, ...limits },
    sessionTtlMs: SESSION_TTL_MS,
    hits,
    clock,
    addresses: { trustProxy: false, exemptLocal: true },
    rates,
  });
  const alice = quotas.spenderOf('alice', from('192.0.2.1'));
  const taken = (name: RateName, times: number, spender = alice) =>
    Array.from({ length: times }, () => quotas.take(name, spender)).filter((refusal) => !refusal)
      .length;
  return { clock, hits, quotas, alice, taken };
}

test('a user is the one that is named, else an address; programs of this machine are not counted', () => {
  const { quotas, taken } = stage({ eventsPerSecond: 2 });
  const guest = quotas.spenderOf(null, from('192.0.2.1'));
  const sameGuest = quotas.spenderOf(null, from('192.0.2.1'));
  const program = quotas.spenderOf('alice', from('127.0.0.1'));
  const elsewhere = quotas.spenderOf('alice', from('198.51.100.1'));
  expect(taken('eventsPerSecond', 20)).toBe(10);
  expect(taken('eventsPerSecond', 20, elsewhere)).toBe(0);
  expect(taken('eventsPerSecond', 4, guest)).toBe(4);
  expect(taken('eventsPerSecond', 20, sameGuest)).toBe(6);
  expect(program).toBeUndefined();
  expect(quotas.take('eventsPerSecond', program, 1_000)).toBeUndefined();
});

test('a refusal says what, until when, and which limit it was', async () => {
  const { clock, hits, quotas, alice } = stage({ resumesPerMinute: 60 });
  for (let n = 0; n < 60; n += 1) quotas.take('resumesPerMinute', alice);
  const refusal = quotas.take('resumesPerMinute', alice);
  expect(refusal).toMatchObject({ code: 'limit_reached', retryable: true, retry_after_ms: 1_000 });
  expect(policyOf(refusal ?? {})).toEqual({ name: 'resumesPerMinute', quota: 60, windowS: 60 });
  expect(hits.of('resumesPerMinute')).toBe(1);
  await clock.advance(1_000);
  expect(quotas.take('resumesPerMinute', alice)).toBeUndefined();
});

test('sessions come back as those of before expire', async () => {
  const { clock, taken } = stage({ sessionsPerUser: 10 });
  expect(taken('sessionsPerUser', 20)).toBe(10);
  await clock.advance(SESSION_TTL_MS / 2);
  expect(taken('sessionsPerUser', 20)).toBe(5);
});

test('bytes are counted beside events', async () => {
  const { clock, quotas, alice } = stage({ eventBytesPerSecond: 1_000 });
  const publish = quotas.admitting(alice);
  expect([publish(4_000), publish(4_000)]).toEqual([undefined, undefined]);
  expect(publish(1)?.message).toContain('bytes of events');
  await clock.advance(4_000);
  expect(publish(1)).toBeUndefined();
});

test('a stream counts until it is closed', () => {
  const { quotas, alice, hits } = stage({ streamsPerUser: 2 });
  const open = () => quotas.openStream(alice);
  const [first, second] = [open(), open()];
  expect(open()).toMatchObject({ code: 'limit_reached' });
  if (typeof first === 'function') first();
  expect([typeof open(), typeof second, hits.of('streamsPerUser')]).toEqual([
    'function',
    'function',
    1,
  ]);
});

/** What all nodes have spent, as Redis adds it up. */
class AddedUp implements RateStore {
  readonly spent: number[] = [];
  #sum = 0;

  async spend({ quota }: SharedRate, _key: string, amount: number): Promise<number> {
    this.spent.push(amount);
    this.#sum += amount;
    return this.#sum > quota ? 3_000 : 0;
  }
}

test('what a user spends on all nodes is added up, and it waits on each of them', async () => {
  const clock = fakeClock();
  const rates = new AddedUp();
  const [one, other] = [
    stage({ clock, rates, eventsPerSecond: 20 }),
    stage({ clock, rates, eventsPerSecond: 20 }),
  ];
  expect([one.taken('eventsPerSecond', 80), other.taken('eventsPerSecond', 80)]).toEqual([80, 80]);
  await clock.advance(1_000);
  expect(rates.spent).toEqual([80, 80]);
  // The second of them has learnt it; the first one learns it with its next report.
  expect(other.quotas.take('eventsPerSecond', other.alice)?.retry_after_ms).toBe(3_000);
  expect(one.taken('eventsPerSecond', 20)).toBe(20);
  await clock.advance(1_000);
  expect(one.taken('eventsPerSecond', 20)).toBe(0);
  await clock.advance(3_000);
  expect(one.taken('eventsPerSecond', 20)).toBe(20);
});

test('little is not reported, and no timer is left', async () => {
  const rates = new AddedUp();
  const { clock, taken } = stage({ rates });
  taken('eventsPerSecond', 10);
  await clock.advance(10_000);
  expect([rates.spent, clock.pending]).toEqual([[], 0]);
});

test('a store that does not answer changes nothing', async () => {
  const rates = { spend: () => Promise.reject(new Error('away')) };
  const { clock, taken } = stage({ rates, eventsPerSecond: 20 });
  expect(taken('eventsPerSecond', 200)).toBe(100);
  await clock.advance(5_000);
  expect(taken('eventsPerSecond', 200)).toBe(100);
});
