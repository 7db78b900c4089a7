/** The short form of `npm run rolling`: one deploy of three servers behind a real nginx. */

import { expect, test } from 'vitest';
import { reportLine, runProgram } from '../support/run-script.js';
import { fullest } from './run.js';

test('a deploy under load: every reply ends, no session is away for long, all sessions see the same', () => {
  const run = runProgram('rolling', '--deploys', '1', '--sessions', '40', '--replies', '8');
  expect(run.status, run.all).toBe(0);
  const report = JSON.parse(reportLine(run));
  expect(report.returns).toBeGreaterThanOrEqual(40);
  expect(report.replies.completed).toBeGreaterThanOrEqual(8);
}, 180_000);

test('the fullest window is found', () => {
  expect(fullest([], 1_000)).toBe(0);
  expect(fullest([0, 999, 1_000, 1_500, 1_999, 4_000], 1_000)).toBe(3);
});
