import { expect, test } from 'vitest';
import type { TraceLine } from '../session-trace/line.js';
import { runsIn } from './runs-in-lines.js';

const line = (time: number, node: string, step: string, fields: object): TraceLine => ({
  ...{ time, node, step, seq: time, started_at: 0 },
  ...fields,
});

test('the replies of a user are those that began in its lines, newest first, each with its end', () => {
  const runs = runsIn([
    // Its beginning is no longer kept.
    line(1, 'n1', 'run_finished', { run_id: 'r0', status: 'failed' }),
    line(2, 'n1', 'run_started', { run_id: 'r1', published: true }),
    line(3, 'n1', 'run_started', { run_id: 'r2', published: false }),
    line(4, 'n1', 'run_finished', { run_id: 'r1', status: 'fenced' }),
    line(5, 'n2', 'run_finished', { run_id: 'r1', status: 'interrupted' }),
  ]);
  expect(runs).toMatchObject([
    { run_id: 'r2', status: 'running', node: 'n1', published: false, ended_at: null },
    { run_id: 'r1', status: 'interrupted', ended_at: '1970-01-01T00:00:00.005Z' },
  ]);
});
