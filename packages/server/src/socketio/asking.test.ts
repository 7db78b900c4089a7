import { fault } from '@session-monitor/protocol';
import { expect, test } from 'vitest';
import { fakeClock } from '../../../testing/src/fake-clock.js';
import type { Permission } from '../access/authorize.js';
import { DEFAULT_LIMITS } from '../limits.js';
import { LimitHits } from '../observe/limit-hits.js';
import { Asking } from './asking.js';
import type { Connection } from './connection.js';

const MINUTE_MS = 60_000;
const MAX_WAITING = 256;
const LONGEST_TOKEN = 'x'.repeat(8_192);

const GRANTED: Permission = { granted: true, user_id: 'alice', owner: 'alice', expires_at: null };
const DENIED: Permission = { granted: false, fault: fault('unauthenticated', 'No.') };

function stage() {
  const clock = fakeClock();
  const hits = new LimitHits(clock, () => {});
  const asking = new Asking({ limits: DEFAULT_LIMITS, hits, clock });
  let drops = 0;
  const connection = { id: 'c', address: '::1', drop: () => (drops += 1) } as unknown as Connection;
  const ask = (question: () => Promise<Permission>, token?: string) =>
    asking.ask(connection, token, question);
  return { clock, hits, ask, drops: () => drops };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const codeOf = (permission: Permission) => (permission.granted ? 'granted' : permission.fault.code);

test('at most eight questions of a connection are under way, and the others follow in order', async () => {
  const { ask } = stage();
  const open: (() => void)[] = [];
  const asked: number[] = [];
  const question = (n: number) => () =>
    new Promise<Permission>((resolve) => {
      asked.push(n);
      open.push(() => resolve(GRANTED));
    });
  const answers = Array.from({ length: 20 }, (_, n) => ask(question(n)));
  await turn();
  expect(asked).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  open.shift()?.();
  await turn();
  expect(asked.at(-1)).toBe(8);
  for (let n = 1; n < 20; n += 1) {
    open.shift()?.();
    await turn();
  }
  await Promise.all(answers);
  expect(asked).toEqual(Array.from({ length: 20 }, (_, n) => n));
});

test('a connection with too many questions is refused before anything is asked', async () => {
  const { ask, hits } = stage();
  let asked = 0;
  const never = () => {
    asked += 1;
    return new Promise<Permission>(() => {});
  };
  for (let n = 0; n < DEFAULT_LIMITS.authorizeCalls + MAX_WAITING; n += 1) void ask(never);
  expect(codeOf(await ask(never))).toBe('limit_reached');
  expect([asked, hits.of('authorizeCalls')]).toEqual([DEFAULT_LIMITS.authorizeCalls, 1]);
});

test('the longest tokens that wait are half a megabyte', async () => {
  const { ask, hits } = stage();
  const never = () => new Promise<Permission>(() => {});
  let taken = -1;
  while (hits.of('authorizeCalls') === 0) {
    taken += 1;
    void ask(never, LONGEST_TOKEN);
  }
  expect(taken * LONGEST_TOKEN.length).toBe(512 * 1_024);
});

test('a question that fails makes room', async () => {
  const { ask } = stage();
  const fails = () => Promise.reject(new Error('a bug'));
  const failed = await Promise.allSettled(Array.from({ length: 20 }, () => ask(fails)));
  expect(failed.map(({ status }) => status)).toEqual(Array(20).fill('rejected'));
});

test('the tenth refusal within a minute closes the connection, once, and nothing is asked after it', async () => {
  const { ask, clock, hits, drops } = stage();
  let asked = 0;
  const deny = (times: number) =>
    Promise.all(
      Array.from({ length: times }, () =>
        ask(async () => {
          asked += 1;
          return DENIED;
        }).then(codeOf),
      ),
    );
  await deny(9);
  await clock.advance(MINUTE_MS);
  await deny(9);
  expect([asked, drops()]).toEqual([18, 0]);
  // Eight may be under way when the tenth refusal comes.
  const codes = await deny(30);
  const refused = codes.filter((code) => code === 'unauthenticated').length;
  expect(refused).toBeGreaterThanOrEqual(1);
  expect(refused).toBeLessThanOrEqual(DEFAULT_LIMITS.authorizeCalls);
  expect(codes.filter((code) => code === 'limit_reached')).toHaveLength(30 - refused);
  await clock.advance(1);
  expect([drops(), hits.of('refusalsPerMinute')]).toEqual([1, 1 + 30 - refused]);
  expect(hits.of('authorizeCalls')).toBe(0);
});
