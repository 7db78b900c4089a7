/** Recognises the errors of the usual JWT libraries for a bad token: they refuse the caller and are no outage. Pure. */

import type { Denial } from './authorize.js';

/** By `error.name`, as jsonwebtoken documents them (https://github.com/auth0/node-jsonwebtoken#errors--codes). */
const BY_NAME: Readonly<Record<string, Denial>> = {
  TokenExpiredError: 'expired',
  JsonWebTokenError: 'unauthenticated',
  NotBeforeError: 'unauthenticated',
};

/**
 * By `error.code`, as jose documents them (https://github.com/panva/jose/tree/main/docs/util/errors). Only codes that a
 * caller can cause: a key set that cannot be fetched or read (`ERR_JWKS_TIMEOUT`, `ERR_JWKS_INVALID`) is an outage.
 */
const BY_CODE: Readonly<Record<string, Denial>> = {
  ERR_JWT_EXPIRED: 'expired',
  ERR_JWT_CLAIM_VALIDATION_FAILED: 'unauthenticated',
  ERR_JWT_INVALID: 'unauthenticated',
  ERR_JWS_INVALID: 'unauthenticated',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'unauthenticated',
  ERR_JWE_INVALID: 'unauthenticated',
  ERR_JWE_DECRYPTION_FAILED: 'unauthenticated',
  ERR_JOSE_ALG_NOT_ALLOWED: 'unauthenticated',
  ERR_JOSE_NOT_SUPPORTED: 'unauthenticated',
  ERR_JWKS_NO_MATCHING_KEY: 'unauthenticated',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'unauthenticated',
};

/** jsonwebtoken uses one name for a bad token and for a missing key of the server; the message tells them apart. */
const NO_KEY = /secret or public key|not valid key material/;

/** Why the caller is refused; undefined for an error that is not about the token. */
export function denialOf(error: Error): Denial | undefined {
  const { name, code, message } = error as Error & { readonly code?: unknown };
  if (typeof code === 'string' && Object.hasOwn(BY_CODE, code)) return BY_CODE[code];
  return Object.hasOwn(BY_NAME, name) && !NO_KEY.test(message) ? BY_NAME[name] : undefined;
}

/** When the token of such an error had expired, in milliseconds since 1970; undefined if the error does not tell. */
export function expiryIn(error: Error): number | undefined {
  const { expiredAt, payload } = error as Error & {
    /** Of jsonwebtoken. */
    readonly expiredAt?: unknown;
    /** Of jose. */
    readonly payload?: { readonly exp?: unknown };
  };
  if (expiredAt instanceof Date) return expiredAt.getTime();
  return typeof payload?.exp === 'number' ? payload.exp * 1_000 : undefined;
}
