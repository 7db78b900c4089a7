import { expect, test } from 'vitest';
import { fakeClock } from '../../../testing/src/fake-clock.js';
import { silentLogger } from '../observe/trace.js';
import type { Authorize, AuthorizeRequest } from './authorize.js';
import { PermissionCheck } from './permission-check.js';

const MINUTE_MS = 60_000;
const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.c2VjcmV0.signature';
const request: AuthorizeRequest = {
  action: 'post',
  thread_id: 'thread',
  token: TOKEN,
  auth: {},
  headers: { authorization: `Bearer ${TOKEN}` },
};

/** A check with a test clock, and the lines that it logs. */
function stage(authorize: Authorize) {
  const lines: Record<string, unknown>[] = [];
  const clock = fakeClock();
  const log = (fields: object, message: string) => void lines.push({ ...fields, message });
  const logger = { ...silentLogger, warn: log, error: log };
  const check = new PermissionCheck({
    authorize,
    clock,
    logger,
    timeoutMs: 5_000,
    revocations: { revokedAt: () => undefined },
  });
  return { check, lines, clock };
}

test('logs an outage at once, then once a minute with the count', async () => {
  const { check, lines, clock } = stage(() => {
    throw new Error('The user database does not answer.');
  });
  for (let n = 0; n < 100; n += 1) {
    const permission = await check.ask(request);
    expect(permission).toMatchObject({
      granted: false,
      fault: { code: 'unavailable', retryable: true },
    });
  }
  expect(lines.map(({ times }) => times)).toEqual([1]);
  await clock.advance(MINUTE_MS);
  expect(lines.map(({ times }) => times)).toEqual([1, 99]);
  // A minute without an outage ends it: the next one is logged at once.
  await clock.advance(MINUTE_MS);
  expect([lines.length, clock.pending]).toEqual([2, 0]);
  for (let n = 0; n < 3; n += 1) await check.ask(request);
  check.stop();
  expect(lines.map(({ times }) => times)).toEqual([1, 99, 1, 2]);
  expect(clock.pending).toBe(0);
});

test('logs an error without the token', async () => {
  const cause = new Error(`GET /users?token=${TOKEN} failed`);
  const { check, lines } = stage(() => {
    const error = new Error(`Cannot verify ${TOKEN}`, { cause });
    throw Object.assign(error, { code: 'ECONNRESET', config: { headers: request.headers } });
  });
  await check.ask(request);
  expect(JSON.stringify(lines)).not.toContain(TOKEN);
  expect(lines[0]?.err).toMatchObject({
    type: 'Error',
    message: 'Cannot verify [token]',
    code: 'ECONNRESET',
    cause: 'Error: GET /users?token=[token] failed',
  });
});

test('a JWT library error refuses, is explained only in the log, and is no outage', async () => {
  const { check, lines } = stage(() => {
    throw Object.assign(new Error(`jwt expired: ${TOKEN}`), { name: 'TokenExpiredError' });
  });
  expect(await check.ask(request)).toEqual({
    granted: false,
    fault: { code: 'token_expired', message: 'The token has expired.', retryable: false },
    detail: 'jwt expired: [token]',
  });
  expect(lines).toEqual([]);
});

test('refuses on an invalid answer, and warns the operator', async () => {
  const { check, lines } = stage((() => ({ denied: 'nonsense' })) as unknown as Authorize);
  expect(await check.ask(request)).toMatchObject({ fault: { code: 'authorisation' } });
  await check.ask(request);
  expect(lines).toMatchObject([{ got: 'denied: nonsense', action: 'post' }]);
});

test('never rejects, whatever authorize throws', async () => {
  for (const thrown of [undefined, null, 'no', 7, { code: 'ERR_JWT_EXPIRED' }]) {
    const { check } = stage(() => {
      throw thrown;
    });
    expect(await check.ask(request)).toMatchObject({ fault: { code: 'unavailable' } });
  }
});

test('a hook that takes too long is an outage, and its answer counts no more', async () => {
  let answer: (granted: boolean) => void = () => {};
  const { check, lines, clock } = stage(() => new Promise((resolve) => (answer = resolve)));
  const asked = check.ask(request);
  await clock.advance(4_999);
  answer(true);
  expect(await asked).toMatchObject({ granted: true });
  const late = check.ask(request);
  await clock.advance(5_000);
  answer(true);
  expect(await late).toMatchObject({ granted: false, fault: { code: 'unavailable' } });
  expect(lines[0]?.err).toMatchObject({ message: 'authorize has not answered within 5000 ms.' });
  check.stop();
  expect(clock.pending).toBe(0);
});
