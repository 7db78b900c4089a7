import { expect, test } from 'vitest';
import { readOptions } from './options.js';

test('the flags of the command', () => {
  expect(readOptions([])).toEqual({ minutes: 1, seed: 1, store: 'lmdb' });
  expect(readOptions(['--minutes', '30', '--seed=7', '--store', 'redis'])).toEqual({
    minutes: 30,
    seed: 7,
    store: 'redis',
  });
  expect(readOptions(['--help'])).toBe('help');
});

test('a wrong flag is refused', () => {
  for (const args of [
    ['--minutes', '0'],
    ['--seed', '-1'],
    ['--hours', '1'],
    ['now'],
    ['--store', 'paper'],
    ['--seed'],
  ]) {
    expect(() => readOptions(args)).toThrow();
  }
});
