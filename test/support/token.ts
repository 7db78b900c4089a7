/** JSON Web Tokens of a login server. */

import { SignJWT } from 'jose';

const HOUR_S = 3_600;

/** @param lifetimeS below zero for a token that has expired */
export const signToken = (claims: object, secret: string, lifetimeS = HOUR_S): Promise<string> =>
  new SignJWT({ ...claims, exp: Math.floor(Date.now() / 1_000) + lifetimeS })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret));
