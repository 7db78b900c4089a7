/** Tokens that the attacked server takes. */

import { signToken } from '../../support/token.js';

const LIFETIME_S = 7_200;

/** What the server's `AUTH_SECRET` is. */
export const SECRET = 'a secret that is only for attacks on loopback';

/** A token of a user for the threads that begin with its name. */
export const tokenOf = (user: string): Promise<string> =>
  signToken({ sub: user }, SECRET, LIFETIME_S);
