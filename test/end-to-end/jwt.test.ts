/** The policy for JSON Web Tokens: what a token grants, and keys that change. */

import { createServer } from 'node:http';
import type { AuthorizeRequest } from '@session-monitor/server';
import { authorizeByJwt, type JwtOptions } from '@session-monitor/server/jwt';
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { describe, expect } from 'vitest';
import { jsonPost, refusalOf } from '../support/json.js';
import { type Lab, test } from '../support/lab.js';
import { close, listen } from '../support/listen.js';
import { until } from '../support/until.js';

const SECRET = 'a secret of at least 32 characters!';
const HOUR_S = 3_600;
const ISSUER = 'https://login.example';
const AUDIENCE = 'chat';

type Key = Parameters<SignJWT['sign']>[0];

const sign = (claims: JWTPayload, key: Key, alg = 'HS256', kid?: string): Promise<string> =>
  new SignJWT({ exp: Math.floor(Date.now() / 1_000) + HOUR_S, ...claims })
    .setProtectedHeader({ alg, ...(kid !== undefined && { kid }) })
    .sign(key);

const bySecret = (claims: JWTPayload) => sign(claims, new TextEncoder().encode(SECRET));

/** What the policy answers: a user, a refusal, or the refusal that an error of jose means. */
async function ask(options: JwtOptions, token: string | undefined, request: object = {}) {
  const asked = { action: 'read', thread_id: 'alice:first', auth: {}, headers: {}, ...request };
  const credentials = token === undefined ? {} : { token };
  try {
    return await authorizeByJwt(options)({ ...asked, ...credentials } as AuthorizeRequest);
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

describe('a token that is signed with a secret', () => {
  const options = { secret: SECRET };
  const denied = (reason: unknown) => ({ denied: 'forbidden', reason });

  test('grants its user what its claims say, until it expires', async () => {
    const exp = Math.floor(Date.now() / 1_000) + 60;
    expect(await ask(options, await bySecret({ sub: 'alice', exp }))).toEqual({
      user_id: 'alice',
      expires_at: exp * 1_000,
      issued_at: 0,
    });
    const bob = await bySecret({ sub: 'bob' });
    expect(await ask(options, bob)).toEqual(denied('The token is not for this thread.'));
    expect(await ask({ ...options, threads: ['*'] }, bob)).toMatchObject({ user_id: 'bob' });
    const shared = await bySecret({ sub: 'bob', threads: ['bob:*', 'alice:first'] });
    expect(await ask(options, shared)).toMatchObject({ user_id: 'bob' });
    const none = await bySecret({ sub: 'alice', threads: [] });
    expect(await ask(options, none)).toEqual(denied('The token is not for this thread.'));
    const reader = await bySecret({ sub: 'alice', actions: ['register', 'read'] });
    expect(await ask(options, reader, { action: 'resume' })).toMatchObject({ user_id: 'alice' });
    expect(await ask(options, reader, { action: 'post' })).toEqual(
      denied('The token does not allow to post.'),
    );
    const list = { action: 'list', thread_id: undefined };
    expect(await ask(options, bob, list)).toMatchObject({ user_id: 'bob' });
    const administer = { action: 'administer', thread_id: undefined };
    expect(await ask(options, bob, administer)).toMatchObject({ admin: false });
    const admin = await bySecret({ sub: 'bob', admin: true });
    const granted = { user_id: 'bob', admin: true, payloads: false };
    expect(await ask(options, admin, administer)).toEqual(granted);
    const operator = await bySecret({ sub: 'bob', admin: true, payloads: true });
    expect(await ask(options, operator, administer)).toEqual({ ...granted, payloads: true });
  });

  test('is refused if it is not what it should be', async () => {
    const exp = Math.floor(Date.now() / 1_000) - 60;
    expect(await ask(options, undefined)).toEqual({ denied: 'unauthenticated' });
    expect(await ask(options, 'nonsense')).toBe('ERR_JWS_INVALID');
    expect(await ask(options, await bySecret({ sub: 'alice', exp }))).toBe('ERR_JWT_EXPIRED');
    const endless = await new SignJWT({ sub: 'alice' })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(SECRET));
    expect(await ask(options, endless)).toBe('ERR_JWT_CLAIM_VALIDATION_FAILED');
    const other = await sign({ sub: 'alice' }, new TextEncoder().encode(`another ${SECRET}`));
    expect(await ask(options, other)).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
    for (const sub of [undefined, '', 7, 'x'.repeat(257)]) {
      const token = await bySecret({ sub } as JWTPayload);
      expect(await ask(options, token)).toMatchObject({ denied: 'unauthenticated' });
    }
    const strict = { ...options, issuer: ISSUER, audience: AUDIENCE };
    const foreign = await bySecret({ sub: 'alice', iss: ISSUER, aud: 'shop' });
    expect(await ask(strict, foreign)).toBe('ERR_JWT_CLAIM_VALIDATION_FAILED');
    const own = await bySecret({ sub: 'alice', iss: ISSUER, aud: [AUDIENCE, 'shop'] });
    expect(await ask(strict, own)).toMatchObject({ user_id: 'alice' });
  });
});

/** A provider's key set, whose keys the test changes. */
async function keySet(lab: Lab) {
  const keys: object[] = [];
  let fetched = 0;
  const server = createServer((_, response) => {
    fetched += 1;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys }));
  });
  const url = await listen(server);
  lab.defer(() => close(server));
  return {
    url: `${url}/keys`,
    fetched: () => fetched,
    /** Replaces the keys by a new one. */
    async rotate(kid: string) {
      const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
      keys.splice(0, keys.length, { ...(await exportJWK(publicKey)), kid, alg: 'RS256' });
      const claims = { sub: 'alice', iss: ISSUER, aud: AUDIENCE };
      return { publicKey, token: await sign(claims, privateKey, 'RS256', kid) };
    },
  };
}

test('the command goes by a key set, takes new keys, and refuses what old ones signed', async (lab) => {
  const provider = await keySet(lab);
  const first = await provider.rotate('first');
  const { url } = await lab.serve({
    AUTH_JWKS_URL: provider.url,
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: AUDIENCE,
    MODE: 'production',
  });
  const read = async (token: string, thread_id = 'alice:first') => {
    const headers = { accept: 'application/json', authorization: `Bearer ${token}` };
    const answer = await fetch(`${url}/threads/${thread_id}/events`, { headers });
    return answer.status === 200 ? [200] : refusalOf(answer);
  };
  for (let n = 0; n < 20; n += 1) expect(await read(first.token)).toEqual([200]);
  expect(provider.fetched()).toBe(1);
  expect(await read(first.token, 'bob:first')).toEqual([403, 'authorisation']);
  // The public key is no secret: a signature that is made with it counts for nothing.
  const pem = new TextEncoder().encode(await exportSPKI(first.publicKey));
  const forged = await sign({ sub: 'alice', iss: ISSUER, aud: AUDIENCE }, pem, 'HS256', 'first');
  expect(await read(forged)).toEqual([401, 'unauthenticated']);
  const unsigned = `${first.token.split('.').slice(0, 2).join('.')}.`;
  expect(await read(unsigned)).toEqual([401, 'unauthenticated']);

  const second = await provider.rotate('second');
  await until('the new key is taken', async () => (await read(second.token))[0] === 200);
  expect(await read(first.token)).toEqual([401, 'unauthenticated']);
  // Unknown keys do not make the server fetch at each request.
  const before = provider.fetched();
  for (let n = 0; n < 20; n += 1) await read(first.token);
  expect(provider.fetched() - before).toBeLessThanOrEqual(1);
});

test('a provider that does not answer is an outage, not a refusal', async (lab) => {
  const provider = await keySet(lab);
  const { token } = await provider.rotate('first');
  const server = createServer((request) => request.socket.destroy());
  const jwksUrl = `${await listen(server)}/keys`;
  lab.defer(() => close(server));
  const authorize = authorizeByJwt({ jwksUrl, issuer: ISSUER, audience: AUDIENCE });
  const { url } = await lab.app({ authorize });
  const post = jsonPost(
    { user_input: 'go on', thread_id: 'alice:first' },
    { authorization: `Bearer ${token}` },
  );
  expect(await refusalOf(await fetch(`${url}/havefun`, post))).toEqual([503, 'unavailable']);
});

test('a revoked user needs a new token', async (lab) => {
  const app = await lab.app({ authorize: authorizeByJwt({ secret: SECRET }) });
  const read = async (token: string) => {
    const headers = { accept: 'application/json', authorization: `Bearer ${token}` };
    const answer = await fetch(`${app.url}/threads/alice:first/events`, { headers });
    return answer.status === 200 ? [200] : refusalOf(answer);
  };
  const iat = Math.floor(Date.now() / 1_000);
  const before = await bySecret({ sub: 'alice', iat });
  expect(await read(before)).toEqual([200]);
  await app.sessions.revokeUser('alice');
  expect(await read(before)).toEqual([401, 'unauthenticated']);
  const listed = await fetch(`${app.url}/threads`, {
    headers: { authorization: `Bearer ${before}` },
  });
  expect(listed.status).toBe(401);
  expect(await read(await bySecret({ sub: 'alice', iat: iat + 2 }))).toEqual([200]);
});

test('options that are not safe are refused', () => {
  const wrong: readonly JwtOptions[] = [
    {},
    { secret: 'short' },
    { secret: SECRET, jwksUrl: 'https://login.example/keys' },
    { jwksUrl: 'https://login.example/keys' },
    { jwksUrl: 'https://login.example/keys', issuer: ISSUER },
    { jwksUrl: 'http://login.example/keys', issuer: ISSUER, audience: AUDIENCE },
    { jwksUrl: 'file:///keys', issuer: ISSUER, audience: AUDIENCE },
  ];
  for (const options of wrong) {
    expect(() => authorizeByJwt(options)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
  }
});
