/** The tokens and keys of the matrix. */

import { randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Credential } from './policy.js';

const HOUR_S = 3_600;

/** The documented key. */
export const DEFAULT_KEY = 'debug_websocket_key';

export const secret = (): string => randomBytes(24).toString('base64url');

export interface Credentials {
  /** Signs the tokens that the servers accept. */
  readonly signing: string;
  /** Of a caller that asks for a thread. */
  readonly tokens: Readonly<Record<Credential, string | undefined>>;
  /** Of an operator. */
  readonly operator: string;
}

export async function makeCredentials(): Promise<Credentials> {
  const signing = secret();
  const sign = (claims: object, lifetimeS = HOUR_S, by = signing): Promise<string> =>
    new SignJWT({ ...claims, exp: Math.floor(Date.now() / 1_000) + lifetimeS })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(by));
  const alice = { sub: 'alice' };
  return {
    signing,
    tokens: {
      no: undefined,
      default: DEFAULT_KEY,
      wrong: await sign(alice, HOUR_S, secret()),
      expired: await sign(alice, -HOUR_S),
      "other user's": await sign({ sub: 'bob' }),
      right: await sign(alice),
    },
    operator: await sign({ sub: 'operator', admin: true }),
  };
}

/** The parts that must be found nowhere. The documented key is no secret. */
export const secretsOf = ({ signing, tokens, operator }: Credentials): readonly string[] => [
  signing,
  // The signature of a token stands for it, so that a part of it is found, too.
  ...[...Object.values(tokens), operator].flatMap((token) => token?.split('.')[2] ?? []),
];
