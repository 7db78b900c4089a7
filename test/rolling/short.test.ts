/** The short form of `npm run rolling`: one deploy of three servers behind a real nginx. */

import { expect, test } from 'vitest';
import { runScript } from '../support/run-script.js';
import { fullest } from './run.js';

const rolling = (...args: readonly string[]) => runScript('rolling', args);

test('a deploy under load: every reply ends, no session is away for long, all sessions see the same', () => {
  const { status, stdout, stderr } = rolling(
    '--deploys',
    '1',
    '--sessions',
    '40',
    '--replies',
    '8',
  );
  expect(status, `${stdout}${stderr}`).toBe(0);
  const report = JSON.parse(/passed: (.+)$/m.exec(stdout)?.[1] ?? '{}');
  expect(report.returns).toBeGreaterThanOrEqual(40);
  expect(report.replies.completed).toBeGreaterThanOrEqual(8);
}, 180_000);

test('the fullest window is found, and a wrong flag is one line', () => {
  expect(fullest([], 1_000)).toBe(0);
  expect(fullest([0, 999, 1_000, 1_500, 1_999, 4_000], 1_000)).toBe(3);
  const { status, stderr } = rolling('--deploys', 'many');
  expect([status, stderr.trim().split('\n')]).toEqual([2, [expect.stringContaining('Allowed')]]);
});
