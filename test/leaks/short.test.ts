/** The short form of `npm run leaks`, and the proof that it can fail. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PATIENCE_MS = 170_000;

function leaks(...args: readonly string[]) {
  const { PATH = '', HOME = '' } = process.env;
  const script = join(ROOT, 'scripts', 'leaks.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
    env: { PATH, HOME },
    timeout: PATIENCE_MS,
  });
  return { status, stderr, all: `${stdout}${stderr}` };
}

test('nothing is left of clients that have come and gone', () => {
  const { status, all } = leaks('--warm-up', '100', '--cycles', '60');
  expect(status, all).toBe(0);
}, 180_000);

test('a server that keeps something of every client fails the check', () => {
  const { status, all } = leaks('--warm-up', '50', '--cycles', '100', '--leak');
  expect([status, all]).toEqual([1, expect.stringContaining('grown: server: heap')]);
}, 180_000);

test('a wrong flag is one line and exit code 2', () => {
  const { status, stderr } = leaks('--cycles', 'many');
  expect([status, stderr.trim().split('\n')]).toEqual([2, [expect.stringContaining('Allowed')]]);
}, 60_000);
