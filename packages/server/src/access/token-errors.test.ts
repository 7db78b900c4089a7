import { createLocalJWKSet, createRemoteJWKSet, jwtVerify, SignJWT } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import { expect, test } from 'vitest';
import { denialOf } from './token-errors.js';

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

const signed = (change: (token: SignJWT) => SignJWT) =>
  change(new SignJWT({}).setProtectedHeader({ alg: 'HS256' })).sign(KEY);

test.each([
  [
    'an expired token',
    async () => jwtVerify(await signed((t) => t.setExpirationTime(past)), KEY),
    'expired',
  ],
  ['no token', () => jwtVerify(undefined as unknown as string, KEY), 'unauthenticated'],
  ['malformed', () => jwtVerify('malformed', KEY), 'unauthenticated'],
  ['a token of another key', () => jwtVerify(valid, new Uint8Array(32)), 'unauthenticated'],
  [
    'a token that begins later',
    async () => jwtVerify(await signed((t) => t.setNotBefore(future)), KEY),
    'unauthenticated',
  ],
  ['another issuer', () => jwtVerify(valid, KEY, { issuer: 'others' }), 'unauthenticated'],
  ['another algorithm', () => jwtVerify(valid, KEY, { algorithms: ['HS512'] }), 'unauthenticated'],
  [
    'a key that is not in the set',
    () => jwtVerify(valid, createLocalJWKSet({ keys: [] })),
    'unauthenticated',
  ],
  [
    'a key set that cannot be fetched',
    () => jwtVerify(valid, createRemoteJWKSet(new URL('http://127.0.0.1:1/jwks'))),
    undefined,
  ],
])('jose: %s', async (_name, work, denial) => {
  expect(denialOf(await thrown(work))).toBe(denial);
});

test.each([
  ['an error of the database', new Error('connect ECONNREFUSED')],
  ['a timeout of the key set', Object.assign(new Error('timed out'), { code: 'ERR_JWKS_TIMEOUT' })],
  [
    'a key set that cannot be read',
    Object.assign(new Error('invalid'), { code: 'ERR_JWKS_INVALID' }),
  ],
  ['a name of every object', Object.assign(new Error(), { name: 'constructor', code: 'toString' })],
])('%s is an outage', (_name, error) => {
  expect(denialOf(error)).toBeUndefined();
});
