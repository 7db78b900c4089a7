/** The short form of `npm run crash-images`: fifteen images of a data directory that is written to. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Outcome } from './run.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function crashImages(...args: readonly string[]) {
  const { PATH = '', HOME = '' } = process.env;
  const script = join(ROOT, 'scripts', 'crash-images.mjs');
  const env = { PATH, HOME };
  return spawnSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
    env,
    timeout: 170_000,
  });
}

test('an image gives all that was acknowledged, a true prefix of it if it was damaged, or an error', () => {
  const { status, stdout, stderr } = crashImages('--images', '15', '--seed', '1');
  expect(status, `${stdout}${stderr}`).toBe(0);
  const file = /passed in \d+ s: (.+)$/m.exec(stdout)?.[1] ?? '';
  const { images, acknowledged, counts, findings } = JSON.parse(
    readFileSync(file, 'utf8'),
  ) as Outcome;
  expect([images, findings]).toEqual([15, []]);
  expect(acknowledged).toBeGreaterThan(1_000);
  expect(counts.pristine.full).toBe(5);
  // Some damage must be refused at the start.
  expect(counts.flipped.refused_at_open + counts.truncated.refused_at_open).toBeGreaterThan(1);
}, 180_000);

test('a wrong flag is one line and exit code 2', () => {
  const { status, stderr } = crashImages('--images', 'many');
  expect([status, stderr.trim().split('\n')]).toEqual([2, [expect.stringContaining('Allowed')]]);
}, 60_000);
