import { expect, test } from 'vitest';
import { fakeClock } from '../../../testing/src/fake-clock.js';
import { DEFAULT_LIMITS } from '../limits.js';
import { LimitHits } from '../observe/limit-hits.js';
import { Asking } from './asking.js';
import type { Connection } from './connection.js';

const MINUTE_MS = 60_000;
const MAX_WAITING = 256;
const LONGEST_TOKEN = 'x'.repeat(8_192);

function stage() {
  const clock = fakeClock();
  const hits = new LimitHits(clock, () => {});
  const asking = new Asking({ limits: DEFAULT_LIMITS, hits, clock });
  let drops = 0;
  const connection = { id: 'c', address: '::1', drop: () => (drops += 1) } as unknown as Connection;
  return { clock, hits, asking, connection, drops: () => drops };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('at most eight questions of a connection are under way, and the others follow in order', async () => {
  const { asking, connection } = stage();
  const open: (() => void)[] = [];
  const asked: number[] = [];
  const question = (n: number) => () =>
    new Promise<void>((resolve) => {
      asked.push(n);
      open.push(resolve);
    });
  const answers = Array.from({ length: 20 }, (_, n) =>
    asking.ask(connection, undefined, question(n)),
  );
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
  const { asking, connection, hits } = stage();
  const never = () => new Promise<void>(() => {});
  for (let n = 0; n < DEFAULT_LIMITS.authorizeCalls + MAX_WAITING; n += 1) {
    expect(asking.whyNot(connection)).toBeUndefined();
    void asking.ask(connection, undefined, never);
  }
  expect(asking.whyNot(connection)).toMatchObject({ code: 'limit_reached', retryable: true });
  expect(hits.of('authorizeCalls')).toBe(1);
});

test('the longest tokens that wait are half a megabyte', async () => {
  const { asking, connection } = stage();
  const never = () => new Promise<void>(() => {});
  let taken = 0;
  while (!asking.whyNot(connection)) {
    taken += 1;
    void asking.ask(connection, LONGEST_TOKEN, never);
  }
  expect(taken * LONGEST_TOKEN.length).toBe(512 * 1_024);
});

test('a question that fails makes room', async () => {
  const { asking, connection } = stage();
  const fails = () => Promise.reject(new Error('a bug'));
  const failed = await Promise.allSettled(
    Array.from({ length: 20 }, () => asking.ask(connection, undefined, fails)),
  );
  expect(failed.map(({ status }) => status)).toEqual(Array(20).fill('rejected'));
});

test('the tenth refusal within a minute closes the connection, once', async () => {
  const { asking, connection, clock, hits, drops } = stage();
  const refuse = (times: number) => {
    for (let n = 0; n < times; n += 1) asking.refused(connection);
  };
  refuse(9);
  expect(asking.whyNot(connection)).toBeUndefined();
  await clock.advance(MINUTE_MS);
  refuse(9);
  expect(asking.whyNot(connection)).toBeUndefined();
  refuse(1);
  expect(asking.whyNot(connection)).toMatchObject({ code: 'limit_reached' });
  expect(drops()).toBe(0);
  await clock.advance(1);
  refuse(1);
  await clock.advance(1);
  expect([drops(), hits.of('refusalsPerMinute')]).toEqual([1, 1]);
});
