/** The short form of `npm run crash-images`: fifteen images of a data directory that is written to. */

import { expect, test } from 'vitest';
import { reportFile, runProgram } from '../support/run-script.js';
import type { ImagesReport } from './run.js';

test('an image gives all that was acknowledged, a true prefix of it if it was damaged, or an error', () => {
  const run = runProgram('crash-images', '--images', '15', '--seed', '1');
  expect(run.status, run.all).toBe(0);
  const { images, acknowledged, counts, findings } = reportFile(run) as ImagesReport;
  expect([images, findings]).toEqual([15, []]);
  expect(acknowledged).toBeGreaterThan(1_000);
  expect(counts.pristine.full).toBe(5);
  // Some damage must be refused at the start.
  expect(counts.flipped.refused_at_open + counts.truncated.refused_at_open).toBeGreaterThan(1);
}, 180_000);
