/**
 * Session secrets and instances as the store has them: digests. A reader of the store can claim no session with them.
 *
 *     instance ──► deriveSecret ──► secret ──► digestSecret ──► sha256:SALT:DIGEST
 *        └───────────────────────────────────► digestInstance ─► sha256:DIGEST
 *
 * A stored text without the prefix is of an earlier version: the secret, or the instance, itself.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { SessionRecord } from '../stores/store.js';
import { isSameSecret } from './identity.js';

/** The salt tells records apart: see `isExpectedSession`. Its secret has 128 random bits and needs none. */
export const SALT_BYTES = 16;
/** No plain secret or instance has a colon. */
const PREFIX = 'sha256:';
/** 128 bits as base64url. */
const SECRET_LENGTH = 22;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');

const isDigest = (stored: string): boolean => stored.startsWith(PREFIX);

/**
 * The secret of a session that an instance makes. A monitor whose receipt was lost gets the same one again, although
 * the store cannot tell it. It is as strong as the instance: 128 random bits that only its monitor knows.
 */
export const deriveSecret = (session_id: string, instance: string): string =>
  sha256(JSON.stringify(['secret', session_id, instance])).slice(0, SECRET_LENGTH);

export const digestSecret = (secret: string, salt: string): string =>
  `${PREFIX}${salt}:${sha256(salt + secret)}`;

/** Of a session that no client can claim. The salt still tells its record from others. */
export const noSecret = (salt: string): string => `${PREFIX}${salt}:`;

/** Whether a presented secret is the one that is stored. Its time does not depend on where the two differ. */
export function isStoredSecret(stored: string, secret: string): boolean {
  if (!isDigest(stored)) return isSameSecret(stored, secret);
  const [, salt = ''] = stored.split(':');
  const expected = digestSecret(secret, salt);
  return (
    stored.length === expected.length && timingSafeEqual(Buffer.from(stored), Buffer.from(expected))
  );
}

/** The text for a record whose secret this is: the stored one stays if it is a digest of it. */
export const keepDigest = (
  stored: string | undefined,
  secret: string,
  salt: () => string,
): string =>
  stored !== undefined && isDigest(stored) && isStoredSecret(stored, secret)
    ? stored
    : digestSecret(secret, salt());

/** Instances are compared for equality, so their digests have no salt. */
export const digestInstance = (instance: string): string =>
  `${PREFIX}${sha256(JSON.stringify(['instance', instance]))}`;

/** The record with the digests of its instances, if an earlier version has written some of them in plain. */
export function withInstanceDigests(record: SessionRecord): SessionRecord {
  const digestOf = (stored: string) => (isDigest(stored) ? stored : digestInstance(stored));
  const { instance, former } = record;
  return {
    ...record,
    instance: digestOf(instance),
    ...(former && {
      former: former.map((each) => ({ ...each, instance: digestOf(each.instance) })),
    }),
  };
}
