import { createLocalJWKSet, createRemoteJWKSet, jwtVerify, SignJWT } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import { expect, test } from 'vitest';
import { denialOf, expiryIn } from './token-errors.js';

const SECRET = 'a secret of at least 32 characters!';
const KEY = new TextEncoder().encode(SECRET);
const past = Math.floor(Date.now() / 1_000) - 60;
const future = past + 3_600;
const valid = jsonwebtoken.sign({ exp: future }, SECRET);

async function thrown(work: () => unknown): Promise<Error> {
  try {
    await work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('Nothing was thrown.');
}

const verify = (token: unknown, options: jsonwebtoken.VerifyOptions = {}, secret = SECRET) =>
  jsonwebtoken.verify(token as string, secret, options);
const sign = (claims: object) => jsonwebtoken.sign(claims, SECRET);

test.each([
  ['an expired token', () => verify(sign({ exp: past })), 'expired'],
  ['no token', () => verify(undefined), 'unauthenticated'],
  ['an empty token', () => verify(''), 'unauthenticated'],
  ['malformed', () => verify('malformed'), 'unauthenticated'],
  ['a token of another key', () => verify(valid, {}, 'another'), 'unauthenticated'],
  ['a token that begins later', () => verify(sign({ nbf: future })), 'unauthenticated'],
  ['another audience', () => verify(valid, { audience: 'others' }), 'unauthenticated'],
  ['a server without a key', () => verify(valid, {}, ''), undefined],
])('jsonwebtoken: %s', async (_name, work, denial) => {
  expect(denialOf(await thrown(work))).toBe(denial);
});

test('jsonwebtoken: a key that cannot be fetched is an outage', async () => {
  const work = () =>
    new Promise((resolve, reject) => {
      const fetchKey: jsonwebtoken.GetPublicKeyOrSecret = (_header, done) =>
        done(new Error('connect ECONNREFUSED'));
      jsonwebtoken.verify(valid, fetchKey, (error, claims) =>
        error ? reject(error) : resolve(claims),
      );
    });
  expect(denialOf(await thrown(work))).toBeUndefined();
});

/** Signs a token after a change, and verifies it. */
const verifySigned = async (change: (token: SignJWT) => SignJWT) => {
  const token = change(new SignJWT({}).setProtectedHeader({ alg: 'HS256' }));
  return jwtVerify(await token.sign(KEY), KEY);
};
const EMPTY_SET = createLocalJWKSet({ keys: [] });
const UNREACHABLE_SET = createRemoteJWKSet(new URL('http://127.0.0.1:1/jwks'));

test.each([
  ['an expired token', () => verifySigned((t) => t.setExpirationTime(past)), 'expired'],
  ['no token', () => jwtVerify(undefined as unknown as string, KEY), 'unauthenticated'],
  ['malformed', () => jwtVerify('malformed', KEY), 'unauthenticated'],
  ['a token of another key', () => jwtVerify(valid, new Uint8Array(32)), 'unauthenticated'],
  [
    'a token that begins later',
    () => verifySigned((t) => t.setNotBefore(future)),
    'unauthenticated',
  ],
  ['another issuer', () => jwtVerify(valid, KEY, { issuer: 'others' }), 'unauthenticated'],
  ['another algorithm', () => jwtVerify(valid, KEY, { algorithms: ['HS512'] }), 'unauthenticated'],
  ['a key that is not in the set', () => jwtVerify(valid, EMPTY_SET), 'unauthenticated'],
  ['a key set that cannot be fetched', () => jwtVerify(valid, UNREACHABLE_SET), undefined],
])('jose: %s', async (_name, work, denial) => {
  expect(denialOf(await thrown(work))).toBe(denial);
});

const withCode = (message: string, code: string) => Object.assign(new Error(message), { code });

test.each([
  ['an error of the database', new Error('connect ECONNREFUSED')],
  ['a timeout of the key set', withCode('timed out', 'ERR_JWKS_TIMEOUT')],
  ['a key set that cannot be read', withCode('invalid', 'ERR_JWKS_INVALID')],
  ['a name of every object', Object.assign(new Error(), { name: 'constructor', code: 'toString' })],
])('%s is an outage', (_name, error) => {
  expect(denialOf(error)).toBeUndefined();
});

test('the errors for expired tokens tell when that was', async () => {
  const byJsonwebtoken = await thrown(() => verify(sign({ exp: past })));
  const byJose = await thrown(() => jwtVerify(sign({ exp: past }), KEY));
  expect([byJsonwebtoken, byJose].map(expiryIn)).toEqual([past * 1_000, past * 1_000]);
  expect(expiryIn(new Error('another'))).toBeUndefined();
});
