import { expect, test } from 'vitest';
import { outcomeOf, requestOf, wordsOfAction } from './action.js';

const PING = { action: 'ping', session_id: 's' } as const;

test('an outcome says what has happened, and what did not answer', () => {
  expect(outcomeOf(PING, { done: true, unreachable: [] })).toBe(
    'Asked. Its answer is a step below.',
  );
  expect(outcomeOf(PING, { done: false, unreachable: ['node-2'] })).toBe(
    'Not done: the session is on no connection of a server that answers. No answer from node-2.',
  );
});

test('what loses something is harsh', () => {
  const harsh = (['ping', 'disconnect', 'expire', 'cancel', 'erase', 'detail'] as const).filter(
    (action) => wordsOfAction({ action }).isHarsh,
  );
  expect(harsh).toEqual(['expire', 'cancel', 'erase']);
});

test('a report is asked for at the session, everything else is an action', () => {
  const report = { action: 'report', session_id: 'a/b' } as const;
  expect(requestOf(report)).toEqual({ path: 'debug/sessions/a%2Fb/report-request', body: {} });
  expect(outcomeOf(report, { requested: true, unreachable: [] })).toMatch(/^Asked\./);
  const ping = { action: 'ping', session_id: 's' } as const;
  expect(requestOf(ping)).toEqual({ path: 'debug/actions', body: ping });
});
