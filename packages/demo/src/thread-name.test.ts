import { expect, test } from 'vitest';
import { addressOf, newThread, threadIn } from './thread-name.js';

const HERE = 'http://127.0.0.1:5001/';

test('a conversation is found again by its address', () => {
  const name = newThread();
  expect(threadIn(addressOf(`${HERE}?thread=old&x=1#there`, name))).toBe(name);
  expect(threadIn(addressOf(HERE, 'a:b.c-d_e'))).toBe('a:b.c-d_e');
});

test('an address may name none, or what cannot be one', () => {
  expect([threadIn(HERE), threadIn(`${HERE}?thread=`)]).toEqual([undefined, undefined]);
  for (const bad of ['a b', 'a/b', '~run.x', 'x'.repeat(129), '<b>']) {
    expect(threadIn(`${HERE}?thread=${encodeURIComponent(bad)}`)).toBe(null);
  }
});

test('new names differ', () => {
  const names = Array.from({ length: 100 }, newThread);
  expect(new Set(names).size).toBe(100);
});
