import { expect, test } from 'vitest';
import { elementAt, invariant } from './assert.js';

test('elementAt() returns the element, and throws where there is none', () => {
  expect(elementAt(['a', 'b'], 1)).toBe('b');
  expect(elementAt(new Uint32Array([7, 0]), 1)).toBe(0);
  for (const index of [-1, 2, 0.5, Number.NaN]) {
    expect(() => elementAt(['a', 'b'], index)).toThrow(`no element ${index} in a list of 2`);
  }
});

test('invariant() names what is broken', () => {
  expect(() => invariant(true, 'never')).not.toThrow();
  expect(() => invariant(undefined, 'a batch has events')).toThrow('a batch has events');
});
