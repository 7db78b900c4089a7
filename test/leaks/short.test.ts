/** The short form of `npm run leaks`. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/command.js';
import type { LeakReport } from './run.js';

function leaks(...args: readonly string[]) {
  const { PATH = '', HOME = '' } = process.env;
  const script = join(ROOT, 'scripts', 'leaks.mjs');
  const env = { PATH, HOME };
  return spawnSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
    env,
    timeout: 110_000,
  });
}

test('what clients leave behind is gone on both ends', () => {
  const { status, stdout, stderr } = leaks('--cycles', '300');
  expect(status, `${stdout}${stderr}`).toBe(0);
  const report = JSON.parse(/^passed: (.+)$/m.exec(stdout)?.[1] ?? '') as LeakReport;
  expect(report).toMatchObject({ cycles: 300, grown: [] });
  // It has looked at something.
  expect(report.after.server.files).toBeGreaterThan(5);
  expect(report.after.server.resources).toMatchObject({ TCPServerWrap: 1 });
}, 120_000);

test('a wrong flag is one line and exit code 2', () => {
  const { status, stderr } = leaks('--cycles', 'many');
  expect([status, stderr.trim().split('\n')]).toEqual([2, [expect.stringContaining('Allowed')]]);
}, 60_000);
