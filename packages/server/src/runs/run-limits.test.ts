import { expect, test } from 'vitest';
import { exceededBy } from './run-limits.js';

const LIMITS = { runs: 100, runsPerUser: 10 };
const many = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);
const alice = { owner: 'alice', address: '10.0.0.1' };
const bob = { owner: 'bob', address: '10.0.0.1' };

test('one user has a limit, wherever it comes from', () => {
  const elsewhere = { owner: 'alice', address: '10.0.0.2' };
  expect(exceededBy(alice, many(9, elsewhere), LIMITS)).toBeUndefined();
  expect(exceededBy(alice, many(10, elsewhere), LIMITS)).toBe('runsPerUser');
  expect(exceededBy(bob, many(10, alice), LIMITS)).toBeUndefined();
});

test('without a user that authorize names, an address has it', () => {
  const stranger = { owner: null, address: '10.0.0.1' };
  expect(exceededBy(stranger, many(10, stranger), LIMITS)).toBe('runsPerUser');
  expect(exceededBy(stranger, many(10, bob), LIMITS)).toBeUndefined();
  // A program's own requests have neither.
  expect(exceededBy({}, many(99, {}), LIMITS)).toBeUndefined();
  expect(exceededBy({}, many(100, {}), LIMITS)).toBe('runs');
});

test('the last tenth is for users who have none', () => {
  const others = Array.from({ length: 89 }, (_, n) => ({ owner: `user ${n}` }));
  expect(exceededBy(alice, [...others, alice], LIMITS)).toBe('runs');
  expect(exceededBy(bob, [...others, alice], LIMITS)).toBeUndefined();
  expect(exceededBy(bob, [...others, ...many(11, {})], LIMITS)).toBe('runs');
});
