/**
 * `npm test`: sets up what the tests need, builds, runs everything, and fails if anything was skipped.
 * Passes its arguments to vitest: `npm test -- test/stores`.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, fail, install, ROOT, requireNode, say } from './support/steps.mjs';
import { installSystemPackages } from './support/system-packages.mjs';

requireNode();
install();
installSystemPackages();
build();

const report = join(ROOT, '.cache', 'test-report.json');
mkdirSync(join(ROOT, '.cache'), { recursive: true });
rmSync(report, { force: true });
const vitest = join(ROOT, 'node_modules', '.bin', 'vitest');
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
const { status } = spawnSync(vitest, ['run', ...reporters, ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
});

const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numFailedTestSuites } =
  JSON.parse(readFileSync(report, 'utf8'));
say(`${numPassedTests} tests passed, ${numFailedTests} failed`);
const skipped = numPendingTests + numTodoTests;
if (skipped > 0) fail(`${skipped} tests were skipped: a test that does not run proves nothing.`);
if (numPassedTests === 0) fail('No test ran.');
process.exit(status === 0 && numFailedTestSuites === 0 ? 0 : 1);
