/**
 * A policy for `authorize` that goes by JSON Web Tokens (RFC 7519), with the package `jose` (an optional peer). The keys are those of a
 * key set that an identity provider publishes (RFC 7517), or one shared secret.
 */

import {
  createRemoteJWKSet,
  type JWKSCacheInput,
  type JWTPayload,
  type JWTVerifyOptions,
  jwksCache,
  jwtVerify,
} from 'jose';
import { configError } from '../util/errors.js';
import type { Action, Authorize, AuthorizeAnswer } from './authorize.js';
import { isLoopback } from './origins.js';
import { matchesAny } from './thread-patterns.js';
import { MIN_SECRET_BYTES } from './token-secret.js';
import { rememberValid, type Verify } from './verified-tokens.js';

/** Where the keys are, and what a token must say. Give either `jwksUrl` or `secret`. */
export interface JwtOptions {
  /** The address of the provider's key set; `https:`, except on this machine. Needs `issuer` and `audience`. */
  readonly jwksUrl?: string;
  /** The secret of tokens that are signed with HS256: at least 32 bytes. */
  readonly secret?: string;
  /** What the claim `iss` must be. */
  readonly issuer?: string;
  /** What the claim `aud` must hold: a provider signs tokens for other apps, too. */
  readonly audience?: string;
  /** The claim that names the user. Default: `sub`. */
  readonly userClaim?: string;
  /**
   * The threads of a token without the claim `threads`, as patterns: `*` stands for any text, `{user}` for the user.
   * Default: `{user}:*`.
   */
  readonly threads?: readonly string[];
}

/** By a public key, or by a shared secret: a token never chooses between the two. */
const KEY_SET_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const SECRET_ALGORITHMS = ['HS256', 'HS384', 'HS512'];
const MAX_USER_LENGTH = 256;
/** Clocks of two machines differ. */
const TOLERANCE_S = 5;

/** A key that the set does not hold makes the server fetch it again: the provider may have changed its keys. */
const KEY_SET_TIMES = {
  cacheMaxAge: 600_000,
  cooldownDuration: 5_000,
  timeoutDuration: 3_000,
} as const;

/** What the token's claims are called. */
const THREADS_CLAIM = 'threads';
const ACTIONS_CLAIM = 'actions';
const ADMIN_CLAIM = 'admin';
const PAYLOADS_CLAIM = 'payloads';

/**
 * Returns an `authorize`. A token needs `exp` and the user's claim. The claim `threads` (a pattern or a list of them) says
 * which threads its owner may use, `actions` (a list) what it may do there: without it, everything. `resume` goes with
 * `register`. The claim `admin: true` grants `administer`, and `payloads: true` with it a look at what users have written.
 *
 * @throws ServerError ERR_CONFIG
 */
export function authorizeByJwt(options: JwtOptions): Authorize {
  const verify = verifierOf(options);
  const { userClaim = 'sub', threads = ['{user}:*'] } = options;
  return async ({ action, thread_id, token }) => {
    if (token === undefined || token === '') return { denied: 'unauthenticated' };
    // What it throws for a bad token is a refusal: see `token-errors.ts`.
    const claims = await verify(token);
    const user_id = claims[userClaim];
    if (typeof user_id !== 'string' || user_id === '' || user_id.length > MAX_USER_LENGTH) {
      return { denied: 'unauthenticated', reason: `The claim '${userClaim}' names no user.` };
    }
    if (action === 'administer') {
      const payloads = claims[PAYLOADS_CLAIM] === true;
      return { user_id, admin: claims[ADMIN_CLAIM] === true, payloads };
    }
    if (!mayDo(claims, action)) return forbidden(`The token does not allow to ${action}.`);
    const grant = {
      user_id,
      expires_at: Number(claims.exp) * 1_000,
      issued_at: (claims.iat ?? 0) * 1_000,
    };
    if (thread_id === undefined) return grant;
    const patterns = listOf(claims[THREADS_CLAIM]) ?? threads;
    return matchesAny(patterns, thread_id, user_id)
      ? grant
      : forbidden('The token is not for this thread.');
  };
}

const forbidden = (reason: string): AuthorizeAnswer => ({ denied: 'forbidden', reason });

function mayDo(claims: JWTPayload, action: Action): boolean {
  const actions = listOf(claims[ACTIONS_CLAIM]);
  return !actions || actions.includes(action === 'resume' ? 'register' : action);
}

/** A claim that is a text or a list of texts; undefined for a claim that is absent. Anything else lists nothing. */
function listOf(claim: unknown): readonly string[] | undefined {
  if (claim === undefined) return undefined;
  return [claim].flat().filter((each) => typeof each === 'string');
}

function verifierOf({ jwksUrl, secret, issuer, audience }: JwtOptions): Verify<JWTPayload> {
  const rules: JWTVerifyOptions = {
    requiredClaims: ['exp'],
    clockTolerance: TOLERANCE_S,
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  };
  if ((jwksUrl === undefined) === (secret === undefined)) {
    throw configError(
      'Tokens are verified by a key set or by a secret: give one of jwksUrl and secret.',
    );
  }
  if (secret !== undefined) {
    const key = new TextEncoder().encode(secret);
    if (key.length < MIN_SECRET_BYTES) {
      throw configError(
        `The secret has ${key.length} bytes. Allowed: at least ${MIN_SECRET_BYTES}.`,
      );
    }
    const options = { ...rules, algorithms: SECRET_ALGORITHMS };
    const verify = async (token: string) => (await jwtVerify(token, key, options)).payload;
    return rememberValid(verify, { wall: Date.now, keys: () => key });
  }
  if (issuer === undefined || audience === undefined) {
    throw configError(
      'A key set needs issuer and audience: its provider signs tokens for other apps, too.',
    );
  }
  // `jose` notes there when it has fetched the set.
  const fetched: JWKSCacheInput = {};
  const times = { ...KEY_SET_TIMES, [jwksCache]: fetched };
  const keys = createRemoteJWKSet(keySetUrl(jwksUrl ?? ''), times);
  const options = { ...rules, algorithms: KEY_SET_ALGORITHMS };
  const verify = async (token: string) => (await jwtVerify(token, keys, options)).payload;
  return rememberValid(verify, { wall: Date.now, keys: () => fetched.uat });
}

function keySetUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  if (url && isSafe) return url;
  throw configError(
    `jwksUrl is ${JSON.stringify(text)}. Allowed: an address that begins with https://, on this machine also http://.`,
  );
}
