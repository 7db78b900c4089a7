/** Tokens that the attacked server takes. */

import { SignJWT } from 'jose';

/** What the server's `AUTH_SECRET` is. */
export const SECRET = 'a secret that is only for attacks on loopback';

/** A token of a user for the threads that begin with its name. */
export const tokenOf = (user: string): Promise<string> =>
  new SignJWT({ sub: user })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('2h')
    .sign(new TextEncoder().encode(SECRET));
