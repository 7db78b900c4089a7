import { expect, test } from 'vitest';
import type { TraceFields, TraceStep } from '../trace-steps.js';
import { countSteps } from './count-steps.js';
import { Metrics } from './metrics.js';

/** The series that some steps have made more than 0. */
function counted(...steps: readonly (readonly [TraceStep, TraceFields])[]) {
  const metrics = new Metrics();
  const passed: TraceStep[] = [];
  const trace = countSteps((step) => void passed.push(step), metrics.counters);
  for (const [step, fields] of steps) trace(step, fields);
  expect(passed).toEqual(steps.map(([step]) => step));
  return Object.fromEntries(
    metrics.read().flatMap(({ name, samples }) =>
      samples
        .filter(({ value }) => value !== 0)
        .map(({ labels, value }) => {
          const values = Object.values(labels).join(' ');
          return [`${name.slice('session_monitor_'.length)} ${values}`.trim(), value];
        }),
    ),
  );
}

test('a registration counts with its outcome, its reason, its replay and its gap', () => {
  expect(counted(['register', { outcome: 'resumed', replay: 7, gap_from: 3 }])).toEqual({
    'registrations_total resumed none': 1,
    'replayed_events_total returning': 7,
    'gaps_total trimmed returning': 1,
  });
  expect(counted(['register', { outcome: 'new', reason: 'expired', replay: 2 }])).toEqual({
    'registrations_total new expired': 1,
    'replayed_events_total new': 2,
  });
  expect(counted(['register', { outcome: 'reset', reason: 'diverged', replay: 1 }])).toEqual({
    'registrations_total reset diverged': 1,
    'resets_total diverged': 1,
    'replayed_events_total returning': 1,
  });
});

test('a receipt that is sent again repeats no gap and no replay', () => {
  const fields = { outcome: 'reset', reason: 'deleted', replay: 9, gap_from: 2, repeated: true };
  expect(counted(['register', fields])).toEqual({ 'registrations_total repeated none': 1 });
});

test('a reader that lacks the first event lost nothing', () => {
  expect(counted(['register', { outcome: 'resumed', replay: 0, gap_from: 1 }])).toMatchObject({
    'gaps_total trimmed new': 1,
  });
});

test('a session that leaves a connection does not end it', () => {
  const left = { session_id: 's', reason: 'transport close' };
  expect(counted(['disconnect', left], ['disconnect', { reason: 'transport close' }])).toEqual({
    'disconnects_total transport close': 1,
  });
});

test('what is not in a set counts as other', () => {
  const series = counted(
    ['connect', { transport: 'carrier pigeon' }],
    ['disconnect', { reason: 'of my own' }],
    ['register', { outcome: '__proto__', reason: 'no such' }],
    ['run_finished', { status: 'exploded' }],
    ['gap', { reason: 'eaten' }],
  );
  expect(series).toEqual({
    'connections_total other': 1,
    'disconnects_total other': 1,
    'registrations_total other other': 1,
    'runs_finished_total other': 1,
    'gaps_total other following': 1,
  });
});
