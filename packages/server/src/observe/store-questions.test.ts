import { expect, test } from 'vitest';
import { ManualClock } from '../util/manual-clock.fixture.js';
import { StoreQuestions } from './store-questions.js';

const never = new Promise<never>(() => {});

test('a store that answers is not silent', async () => {
  const clock = new ManualClock();
  const store = new StoreQuestions(clock);
  expect(await store.ask(async () => 7)).toBe(7);
  expect([store.silentMs, clock.pending]).toEqual([0, 0]);
  store.throwIfSilent();
});

test('one that fails, or does not answer in time, is', async () => {
  const clock = new ManualClock();
  const failing = new StoreQuestions(clock);
  expect(await failing.ask(() => Promise.reject(new Error('gone')))).toBeUndefined();
  expect(() => failing.throwIfSilent()).toThrow('gone');
  const late = new StoreQuestions(clock);
  const asked = late.ask(() => never);
  clock.pass(700);
  expect(await asked).toBeUndefined();
  expect(late.silentMs).toBe(700);
  // It is not asked again.
  expect(await late.ask(async () => 7)).toBeUndefined();
  expect(() => late.throwIfSilent()).toThrow('The store does not answer.');
});
