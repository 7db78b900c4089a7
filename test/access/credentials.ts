/** The tokens and keys of the matrix. */

import { randomBytes } from 'node:crypto';
import { signToken } from '../support/token.js';
import type { Credential } from './policy.js';

const EXPIRED_S = -3_600;

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
  const alice = { sub: 'alice' };
  return {
    signing,
    tokens: {
      no: undefined,
      default: DEFAULT_KEY,
      wrong: await signToken(alice, secret()),
      expired: await signToken(alice, signing, EXPIRED_S),
      "other user's": await signToken({ sub: 'bob' }, signing),
      right: await signToken(alice, signing),
    },
    operator: await signToken({ sub: 'operator', admin: true, payloads: true }, signing),
  };
}

/** The parts that must be found nowhere. The documented key is no secret. */
export const secretsOf = ({ signing, tokens, operator }: Credentials): readonly string[] => [
  signing,
  // The signature of a token stands for it, so that a part of it is found, too.
  ...[...Object.values(tokens), operator].flatMap((token) => token?.split('.')[2] ?? []),
];
