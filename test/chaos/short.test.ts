/** The short form of `npm run chaos`: half a minute of every kind of fault on real processes and sockets. */

import { expect, test } from 'vitest';
import { reportFile, runProgram } from '../support/run-script.js';
import type { Report } from './report/report.js';

test('clients, server and disk under faults: nothing is lost, repeated or out of order', () => {
  // Four SIGKILLs, a SIGSTOP, a full disk and a failing one: this seed has them in half a minute.
  const run = runProgram('chaos', '--minutes', '0.5', '--seed', '238');
  expect(run.status, run.all).toBe(0);
  const report = reportFile(run) as Report;
  expect(report).toMatchObject({ passed: true, details: [] });
  expect(report.cuts).toBeGreaterThanOrEqual(30);
  expect(report.server.faults.kill).toBeGreaterThanOrEqual(4);
  expect(report.server.killsMidWrite).toBeGreaterThanOrEqual(1);
  expect(report.publications.acknowledged).toBe(report.publications.published);
  expect(report.clients.applied).toBeGreaterThan(report.publications.published);
  // How many resumes fit into half a minute depends on the machine, but even a busy one exceeds one per follower.
  expect(report.clients.registered.resumed).toBeGreaterThan(report.clients.histories);
}, 180_000);
