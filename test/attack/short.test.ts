/** The short form of `npm run attack`, and the proof that its bounds notice a server without limits. */

import { expect, test } from 'vitest';
import { reportFile, reportLine, runProgram } from '../support/run-script.js';
import type { Result } from './result.js';

interface Report {
  readonly results: readonly Result[];
}

test('a server under attack survives and holds its limits; its healthy user loses nothing', () => {
  const run = runProgram('attack', '--short');
  expect(run.status, run.all).toBe(0);
  const { results } = reportFile(run) as Report;
  expect(new Set(results.map(({ name }) => name)).size).toBeGreaterThanOrEqual(10);
}, 180_000);

test('a server without limits breaks the bounds', () => {
  const floods = ['authorize-calls', 'ephemerals', 'runs-of-one-user', 'token-guesses'];
  const run = runProgram('attack', '--short', '--unprotected', '--only', floods.join());
  expect(run.status, run.all).toBe(1);
  const { results } = reportFile(run) as Report;
  const broken = results.filter((each) => each.broken.length > 0).map(({ name }) => name);
  expect(broken.sort(), reportLine(run)).toEqual(floods);
}, 180_000);

test('limits hold for a server that keeps its data in Redis, too', () => {
  const run = runProgram('attack', '--short', '--redis', '--only', 'register-and-leave,runs-of');
  expect(run.status, run.all).toBe(0);
  const { results } = reportFile(run) as Report;
  for (const { figures } of results) expect(figures.redisMb).toBeGreaterThan(0);
}, 180_000);
