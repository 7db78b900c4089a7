/** The short form of `npm run leaks`, and the proof that it can fail. */

import { expect, test } from 'vitest';
import { runProgram } from '../support/run-script.js';

test('nothing is left of clients that have come and gone', () => {
  const { status, all } = runProgram('leaks', '--warm-up', '100', '--cycles', '60');
  expect(status, all).toBe(0);
}, 180_000);

test('a server that keeps something of every client fails the check', () => {
  const { status, all } = runProgram('leaks', '--warm-up', '50', '--cycles', '100', '--leak');
  expect([status, all]).toEqual([1, expect.stringContaining('grown: server: heap')]);
}, 180_000);
