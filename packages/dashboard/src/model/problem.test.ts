import { expect, test } from 'vitest';
import { problemOf } from './problem.js';

const body = (code: string, message = 'Why') => JSON.stringify({ error: { code, message } });

test.each([
  [401, body('key_required', 'A key is needed'), 'gate', 'A key is needed'],
  [404, body('session_unknown', 'No such session'), 'missing', 'No such session'],
  [403, body('authorisation'), 'forbidden', 'Why'],
  [400, body('bad_request'), 'refused', 'Why'],
  [503, body('unavailable'), 'failed', 'Why'],
  [502, '<html>nginx</html>', 'failed', 'The server answered 502.'],
] as const)('%d has its kind', (status, text, kind, message) => {
  expect(problemOf(status, text, null, true)).toMatchObject({ kind, message });
});

test('what is hidden asks for a key, or for another one', () => {
  const hidden = body('not_found', 'There is nothing here.');
  expect(problemOf(404, hidden, null, false)).toEqual({
    kind: 'gate',
    message: 'This server shows its sessions to those with its key.',
  });
  expect(problemOf(404, hidden, null, true).message).toBe('The server does not take this key.');
});

test.each([
  ['10', 10_000],
  [null, null],
  ['soon', null],
])('Retry-After %s is %s ms', (header, retryAfterMs) => {
  expect(problemOf(429, body('limit_reached'), header, true)).toMatchObject({ retryAfterMs });
});
