import { expect, test } from 'vitest';
import { type AuthorizeRequest, oneLine, readAnswer } from './authorize.js';

const request: AuthorizeRequest = {
  action: 'register',
  thread_id: 'thread',
  user_id: 'claimed',
  auth: {},
  headers: {},
};

const codeOf = (answer: unknown) => {
  const permission = readAnswer(answer, request);
  if (!permission) return undefined;
  return permission.granted ? permission.user_id : permission.fault.code;
};

test.each([
  [true, 'claimed'],
  [{ user_id: 'alice' }, 'alice'],
  [false, 'authorisation'],
  [{ denied: 'forbidden' }, 'authorisation'],
  [{ denied: 'expired' }, 'token_expired'],
  [{ denied: 'unauthenticated' }, 'unauthenticated'],
  // A refusal outranks a user.
  [{ denied: 'expired', user_id: 'alice' }, 'token_expired'],
])('%j is understood', (answer, code) => {
  expect(codeOf(answer)).toBe(code);
});

test.each([
  ...[undefined, null, 0, 1, '', 'denied', [], {}, { user_id: 7 }, Symbol('yes'), () => true],
  ...[
    { denied: 'nonsense' },
    { denied: 'toString' },
    { denied: true },
    { denied: 'nonsense', user_id: 'a' },
  ],
])('%s is no answer', (answer) => {
  expect(readAnswer(answer, request)).toBeUndefined();
});

test('a reason is one line of at most 200 characters', () => {
  const tell = (reason: unknown) => {
    const permission = readAnswer({ denied: 'expired', reason }, request);
    return permission?.granted === false ? permission.fault.message : undefined;
  };
  expect(tell('It was issued an hour ago.')).toBe(
    'The token has expired. It was issued an hour ago.',
  );
  expect(tell('two\r\n[SESSION_TRACE] lines\u0000')).toBe(
    'The token has expired. two [SESSION_TRACE] lines',
  );
  expect(tell('x'.repeat(1_000_000))).toHaveLength('The token has expired. '.length + 200);
  for (const none of [undefined, null, 7, '', ' \n ', { toString: () => 'x' }]) {
    expect(tell(none)).toBe('The token has expired.');
  }
  // No character is cut in two.
  expect(oneLine('😀'.repeat(300))).toBe('😀'.repeat(200));
});
