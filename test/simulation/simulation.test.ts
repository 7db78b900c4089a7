/** The short form of `npm run simulate` and `npm run mutants`, and the proof that both can fail. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/root.js';
import { runScript } from '../support/run-script.js';

/** Less than a minute on an idle core; a busy machine needs more. */
const PATIENCE_MS = 900_000;
const SHORT_MS = 60_000;

test(
  'nothing is violated in 1,000 worlds and in those that have failed before',
  () => {
    const { status, all } = runScript(
      'run.mjs',
      ['simulate', '--kept', '--seeds', '1000'],
      PATIENCE_MS,
    );
    // The output of a failing seed ends with its shrunk trace and the command that replays it.
    expect(status, all).toBe(0);
    expect(Number(/(\d+) seeds passed in/.exec(all)?.[1])).toBeGreaterThanOrEqual(1_000);
    // Worlds in which nothing happens would pass, too.
    expect(Number(/(\d+) events applied/.exec(all)?.[1])).toBeGreaterThan(10_000);
  },
  PATIENCE_MS,
);

test(
  'nothing is violated in 150 worlds with several nodes and in those that have failed before',
  () => {
    const { status, all } = runScript(
      'run.mjs',
      ['simulate', '--cluster', '--kept', '--seeds', '150'],
      PATIENCE_MS,
    );
    expect(status, all).toBe(0);
    expect(Number(/(\d+) seeds passed in/.exec(all)?.[1])).toBeGreaterThanOrEqual(150);
    expect(Number(/(\d+) events applied/.exec(all)?.[1])).toBeGreaterThan(5_000);
  },
  PATIENCE_MS,
);

test(
  'a removed rule is noticed: the command says so, and the seed is shown shrunk',
  () => {
    const { status, all } = runScript(
      'mutants.mjs',
      ['--only', 'the-cursor-is-forgotten', '--seeds', '300'],
      PATIENCE_MS,
    );
    expect([status, all]).toEqual([0, expect.stringContaining('1 of 1 mutants were noticed')]);
    const mutant = join(ROOT, '.cache/simulation/mutants/the-cursor-is-forgotten.mjs');
    const failed = spawnSync(process.execPath, [mutant, '--seeds', '300'], { encoding: 'utf8' });
    expect(failed.status).toBe(1);
    expect(failed.stdout).toMatch(/^Seed \d+ violates (I\d+|liveness): /m);
    expect(failed.stdout).toMatch(/^ +[\d.]+ {2}\*\*\* (I\d+|liveness) violated: /m);
    expect(failed.stdout).toMatch(/^npm run simulate -- --seed \d+ /m);
  },
  SHORT_MS,
);

test(
  'a mutant that nothing notices is an error',
  () => {
    // One seed notices hardly any mutant.
    const { status, all } = runScript(
      'mutants.mjs',
      ['--only', 'a-resume-never-times-out', '--seeds', '1'],
      PATIENCE_MS,
    );
    expect([status, all]).toEqual([
      1,
      expect.stringContaining('a-resume-never-times-out: NOT NOTICED'),
    ]);
  },
  SHORT_MS,
);

test.each([
  ['mutants.mjs', '--jobs', '0'],
  ['mutants.mjs', '--only', 'no-such-mutant'],
])(
  'a wrong flag is one line and exit code 2: %s %s %s',
  (name, ...args) => {
    const { status, stdout, stderr } = runScript(name, args);
    const line = expect.stringContaining('--help');
    expect([status, stdout, stderr.trim().split('\n')]).toEqual([2, '', [line]]);
  },
  SHORT_MS,
);
