import { expect, test } from 'vitest';
import { type AuthorizeRequest, oneLine, readAdminAnswer, readAnswer } from './authorize.js';

const NOW = Date.UTC(2026, 0, 1);
const TIMES = {
  now: NOW,
  revokedAt: (user_id: string) => (user_id === 'mallory' ? NOW - 10 : undefined),
};

const request: AuthorizeRequest = {
  action: 'register',
  thread_id: 'thread',
  user_id: 'claimed',
  auth: {},
  headers: {},
};

const codeOf = (answer: unknown) => {
  const permission = readAnswer(answer, request, TIMES);
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
  [{ user_id: 'alice', expires_at: NOW + 1 }, 'alice'],
  [{ user_id: 'alice', expires_at: undefined }, 'alice'],
  [{ user_id: 'alice', expires_at: NOW }, 'token_expired'],
  [{ user_id: 'alice', issued_at: NOW - 20 }, 'alice'],
  [{ user_id: 'mallory', issued_at: NOW - 10 }, 'unauthenticated'],
  [{ user_id: 'mallory', issued_at: NOW - 9 }, 'mallory'],
  // A hook that does not say when the token was issued refuses by itself.
  [{ user_id: 'mallory' }, 'mallory'],
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
    // In seconds, as a JSON Web Token has it.
    { user_id: 'a', expires_at: NOW / 1_000 + 60 },
    { user_id: 'a', expires_at: `${NOW + 60_000}` },
    { user_id: 'a', expires_at: Number.NaN },
  ],
])('%s is no answer', (answer) => {
  expect(readAnswer(answer, request, TIMES)).toBeUndefined();
});

test('a reason is one line of at most 200 characters', () => {
  const tell = (reason: unknown) => {
    const permission = readAnswer({ denied: 'expired', reason }, request, TIMES);
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

test('an answer for administer may name the operator, and show it what was written', () => {
  const read = (answer: unknown) =>
    readAdminAnswer(answer, { action: 'administer', auth: {}, headers: {} });
  expect(read({ admin: true })).toEqual({ granted: true, user_id: null, payloads: false });
  expect(read({ admin: true, user_id: 'olga', payloads: true })).toEqual({
    granted: true,
    user_id: 'olga',
    payloads: true,
  });
  // By itself it is no right.
  expect(read({ payloads: true })).toMatchObject({ granted: false });
});

test.each([
  [{ admin: true }, undefined],
  [{ user_id: 'alice', admin: true }, undefined],
  // What a hook says that does not know this action.
  [true, 'authorisation'],
  [{ user_id: 'alice' }, 'authorisation'],
  [{ all: true }, 'authorisation'],
  [{ admin: 1 }, 'authorisation'],
  [{ denied: 'expired', admin: true }, 'token_expired'],
])('of %j for administer', (answer, code) => {
  const permission = readAdminAnswer(answer, { action: 'administer', auth: {}, headers: {} });
  expect(permission?.granted === false ? permission.fault.code : undefined).toBe(code);
});
