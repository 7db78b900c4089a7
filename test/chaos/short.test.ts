/** The short form of `npm run chaos`: half a minute of every kind of fault on real processes and sockets. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/root.js';
import type { Report } from './report/report.js';

const SCRIPT = join(ROOT, 'scripts', 'chaos.mjs');

/** The command, run to its end. */
function chaos(...args: readonly string[]) {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME };
  return spawnSync(process.execPath, [SCRIPT, ...args], {
    encoding: 'utf8',
    env,
    timeout: 170_000,
  });
}

test('clients, server and disk under faults: nothing is lost, repeated or out of order', () => {
  // Four SIGKILLs, a SIGSTOP, a full disk and a failing one: this seed has them in half a minute.
  const { status, stdout, stderr } = chaos('--minutes', '0.5', '--seed', '238');
  expect(status, `${stdout}${stderr}`).toBe(0);
  const file = /passed: (.+)$/m.exec(stdout)?.[1];
  const report = JSON.parse(readFileSync(file ?? '', 'utf8')) as Report;
  expect(report).toMatchObject({ passed: true, details: [] });
  expect(report.cuts).toBeGreaterThanOrEqual(30);
  expect(report.server.faults.kill).toBeGreaterThanOrEqual(4);
  expect(report.server.killsMidWrite).toBeGreaterThanOrEqual(1);
  expect(report.publications.acknowledged).toBe(report.publications.published);
  expect(report.clients.applied).toBeGreaterThan(report.publications.published);
  expect(report.clients.registered.resumed).toBeGreaterThan(30);
}, 180_000);

test('a wrong flag is one line and exit code 2', () => {
  const { status, stderr } = chaos('--minutes', 'ten');
  expect([status, stderr.trim().split('\n')]).toEqual([2, [expect.stringContaining('Allowed')]]);
});
