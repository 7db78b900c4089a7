import { expect, test } from 'vitest';
import { documentedSteps, fieldsOf } from '../../../../test/support/trace-table.js';
import { TRACE_STEPS, type TraceStep } from './trace-steps.js';

test('docs/trace.md has every step with its fields, and no other', () => {
  expect(documentedSteps()).toEqual(Object.keys(TRACE_STEPS));
  for (const [step, fields] of Object.entries(TRACE_STEPS) as [TraceStep, readonly string[]][]) {
    expect([step, ...fieldsOf(step)]).toEqual([step, ...fields]);
    expect(new Set(fields).size, step).toBe(fields.length);
  }
});

test('no step has a field that every line has', () => {
  const all: readonly string[] = Object.values(TRACE_STEPS).flat();
  for (const name of ['time', 'seq', 'node', 'started_at', 'step']) expect(all).not.toContain(name);
});
