import { describe, expect, test } from 'vitest';
import type { SessionRecord } from '../stores/store.js';
import {
  deriveSecret,
  digestInstance,
  digestSecret,
  isStoredSecret,
  keepDigest,
  noSecret,
  withInstanceDigests,
} from './stored-secret.js';

const SECRET = 's'.repeat(22);
const INSTANCE = 'i'.repeat(22);
const SALT = 'a'.repeat(22);

describe('a derived secret', () => {
  test('is the same for the same session and instance, and another one for any other', () => {
    const secret = deriveSecret('session', INSTANCE);
    expect(secret).toMatch(/^[\w-]{22}$/);
    expect(deriveSecret('session', INSTANCE)).toBe(secret);
    expect(deriveSecret('other', INSTANCE)).not.toBe(secret);
    expect(deriveSecret('session', 'j'.repeat(22))).not.toBe(secret);
  });
});

describe('a stored secret', () => {
  const stored = digestSecret(SECRET, SALT);

  test('is a salt and a digest', () => {
    expect(stored).toMatch(/^sha256:a{22}:[\w-]{43}$/);
    expect(stored).not.toContain(SECRET);
    expect(digestSecret(SECRET, 'b'.repeat(22))).not.toBe(stored);
  });

  test.each([
    ['the secret', SECRET, true],
    ['another secret', 't'.repeat(22), false],
    ['nothing', '', false],
    ['the stored text', stored, false],
    ['the digest', stored.slice(-43), false],
  ])('accepts %s: %s is %s', (_, presented, isRight) => {
    expect(isStoredSecret(stored, presented)).toBe(isRight);
  });

  test('of an earlier version is the secret itself', () => {
    expect(isStoredSecret(SECRET, SECRET)).toBe(true);
    expect(isStoredSecret(SECRET, 't'.repeat(22))).toBe(false);
  });

  test('of a session without a secret accepts nothing', () => {
    const none = noSecret(SALT);
    for (const presented of ['', SECRET, SALT, none]) {
      expect(isStoredSecret(none, presented)).toBe(false);
    }
  });
});

describe('the text that a record keeps', () => {
  const salt = () => 'b'.repeat(22);
  const fresh = digestSecret(SECRET, salt());

  test.each([
    ['stays if it is a digest of the secret', digestSecret(SECRET, SALT), 'kept'],
    ['is a digest for a record of an earlier version', SECRET, 'fresh'],
    [
      'is a digest of the new secret if the secret is another one',
      digestSecret('x', SALT),
      'fresh',
    ],
    ['is a digest for a new record', undefined, 'fresh'],
  ])('%s', (_, stored, which) => {
    expect(keepDigest(stored, SECRET, salt)).toBe(which === 'kept' ? stored : fresh);
  });
});

describe('the instances of a record', () => {
  const former = [
    { instance: 'j'.repeat(22), start: 'epoch.1.tag' },
    { instance: digestInstance('k'.repeat(22)), start: 'epoch.2.tag' },
  ];
  const record = { session_id: 'session', instance: INSTANCE, former } as unknown as SessionRecord;

  test('are digests, whichever version wrote them', () => {
    const digests = withInstanceDigests(record);
    expect(digests).toEqual({
      session_id: 'session',
      instance: digestInstance(INSTANCE),
      former: [
        { instance: digestInstance('j'.repeat(22)), start: 'epoch.1.tag' },
        { instance: digestInstance('k'.repeat(22)), start: 'epoch.2.tag' },
      ],
    });
    expect(withInstanceDigests(digests)).toEqual(digests);
  });

  test('have a form that tells nothing of them', () => {
    expect(digestInstance(INSTANCE)).toMatch(/^sha256:[\w-]{43}$/);
    expect(digestInstance(INSTANCE)).not.toContain(deriveSecret('session', INSTANCE));
  });
});
