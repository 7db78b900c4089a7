/** The short form of `npm run chaos -- --store redis` and `redis-replicated`: a minute in all. */

import { expect, test } from 'vitest';
import { reportFile, runProgram } from '../../support/run-script.js';
import type { Report } from '../report/report.js';

test('three servers and a Redis that are killed and frozen: nothing is lost, repeated or out of order', () => {
  const run = runProgram('chaos', '--minutes', '0.35', '--store', 'redis', '--seed', '5');
  expect(run.status, run.all).toBe(0);
  const report = reportFile(run) as Report;
  expect(report).toMatchObject({ passed: true, details: [] });
  expect(report.server.faults.node_kill).toBeGreaterThanOrEqual(3);
  expect(report.server.faults.redis_kill).toBeGreaterThanOrEqual(1);
  expect(report.publications.acknowledged).toBe(report.publications.published);
  expect(report.replies.read).toBeGreaterThanOrEqual(1);
}, 180_000);

test('a Redis that fails over to the replica that has confirmed: the same', () => {
  const run = runProgram(
    'chaos',
    '--minutes',
    '0.25',
    '--store',
    'redis-replicated',
    '--seed',
    '5',
  );
  expect(run.status, run.all).toBe(0);
  const report = reportFile(run) as Report;
  expect(report).toMatchObject({ passed: true, details: [] });
  expect(report.server.faults.failover).toBeGreaterThanOrEqual(1);
  expect(report.publications.acknowledged).toBe(report.publications.published);
}, 180_000);
