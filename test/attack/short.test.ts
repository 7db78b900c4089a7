/** The short form of `npm run attack`, and the proof that its bounds notice a server without limits. */

import { expect, test } from 'vitest';
import { reportFile, reportLine, runProgram } from '../support/run-script.js';

interface Report {
  readonly results: readonly { readonly name: string; readonly broken: readonly string[] }[];
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
