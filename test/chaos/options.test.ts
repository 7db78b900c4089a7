import { expect, test } from 'vitest';
import { readOptions } from './options.js';

test('the flags of the command', () => {
  expect(readOptions([])).toEqual({ minutes: 1, seed: 1 });
  expect(readOptions(['--minutes', '30', '--seed=7'])).toEqual({ minutes: 30, seed: 7 });
  expect(readOptions(['--help'])).toBe('help');
});

test('a wrong flag is refused', () => {
  for (const args of [
    ['--minutes', '0'],
    ['--seed', '-1'],
    ['--hours', '1'],
    ['now'],
    ['--seed'],
  ]) {
    expect(() => readOptions(args)).toThrow();
  }
});
