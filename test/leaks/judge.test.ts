import { expect, test } from 'vitest';
import { growth } from './judge.js';

const before = { heap: 20_000_000, files: 24, resources: { TCPServerWrap: 1, Timeout: 2 } };

test('a measurement that is back within 5 % has not grown', () => {
  expect(growth(before, before)).toEqual([]);
  expect(growth(before, { ...before, heap: 20_900_000, files: 25 })).toEqual([]);
  expect(growth(before, { heap: 1, files: 1, resources: {} })).toEqual([]);
});

test('an extra file handle, timer or socket, or too much heap, is growth', () => {
  expect(growth(before, { ...before, heap: 21_100_000 })).toEqual([expect.stringMatching(/^heap/)]);
  expect(growth(before, { ...before, files: 26 })).toEqual([expect.stringMatching(/^files/)]);
  for (const more of [{ Timeout: 3 }, { TCPSocketWrap: 1 }]) {
    const after = { ...before, resources: { ...before.resources, ...more } };
    expect(growth(before, after).length).toBe(1);
  }
});
