/** The short form of `npm run herd`, and the proof that its bounds notice sessions that do not come back. */

import { expect, test } from 'vitest';
import { reportFile, runProgram } from '../support/run-script.js';

test('all sessions survive a SIGKILL of their server, and lose nothing', () => {
  const run = runProgram('herd', '--short');
  expect(run.status, run.all).toBe(0);
}, 180_000);

test('sessions that are refused for good break the bounds', () => {
  const run = runProgram('herd', '--short', '--sessions', '60', '--refuse');
  expect(run.status, run.all).toBe(1);
  const { broken } = reportFile(run) as { readonly broken: readonly string[] };
  expect(broken).toContain('refused is 60, at most 0 is allowed');
}, 180_000);
