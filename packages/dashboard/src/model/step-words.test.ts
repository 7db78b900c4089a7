import { expect, test } from 'vitest';
import { TRACE_STEPS } from '../../../server/src/observe/trace-steps.js';
import { KNOWN_STEPS, wordsOf } from './step-words.js';
import type { TraceLine } from './trace.js';

const line = (step: string, fields: Readonly<Record<string, string | number | null>> = {}) =>
  ({ time: 0, seq: 1, node: 'n', started_at: 0, step, ...fields }) satisfies TraceLine;

test('each step of the server has words, also without its fields', () => {
  expect([...KNOWN_STEPS].sort()).toEqual(Object.keys(TRACE_STEPS).sort());
  for (const step of KNOWN_STEPS) {
    const { text } = wordsOf(line(step));
    expect([step, text === step, text.includes('undefined')]).toEqual([step, false, false]);
  }
});

test.each([
  ['connect', { transport: 'polling', address: '::1' }, 'plain', 'Connected by polling from ::1'],
  [
    'disconnect',
    { reason: 'transport close', ms: 61_000 },
    'worried',
    'Disconnected: transport close, after 1 min',
  ],
  [
    'register',
    { outcome: 'resumed', from: 7, replay: 2 },
    'good',
    'Resumed from offset 7, 2 events to catch up',
  ],
  ['register', { outcome: 'reset', reason: 'deleted' }, 'broken', 'Starts over: deleted'],
  [
    'register_refused',
    { code: 'token_expired', action: 'register' },
    'broken',
    'Refused register: token_expired',
  ],
  [
    'sample',
    { acknowledged: 3, head: 9, waiting: 'credit' },
    'worried',
    'Sample: acknowledged 3 of 9, waits for credit',
  ],
  [
    'run_finished',
    { status: 'failed', code: 'stalled', ms: 400 },
    'broken',
    'The reply ended: failed, stalled after 400 ms',
  ],
] as const)('%s with %o is %s: %s', (step, fields, tone, text) => {
  expect(wordsOf(line(step, fields))).toEqual({ text, tone });
});

test('a step that is not known is shown by its name', () => {
  expect(wordsOf(line('toString'))).toEqual({ text: 'toString', tone: 'plain' });
});
