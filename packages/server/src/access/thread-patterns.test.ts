import { expect, test } from 'vitest';
import { matchesAny } from './thread-patterns.js';

test.each([
  ['{user}:*', 'alice:first', true],
  ['{user}:*', 'alice:', true],
  ['{user}:*', 'alice', false],
  ['{user}:*', 'bob:alice:first', false],
  ['{user}', 'alice', true],
  ['{user}', 'alice:first', false],
  ['team-7', 'team-7', true],
  ['team-7', 'team-70', false],
  ['*', 'anything', true],
  ['team-*-{user}', 'team-7-alice', true],
  ['team-*-{user}', 'team-alice', false],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['a*b*c', 'a-c-b-c', true],
  ['a*b*c', 'a-c-b', false],
  // Nothing in a pattern but the star and the user has a meaning.
  ['t.am', 'team', false],
])('%s and %s', (pattern, thread_id, expected) => {
  expect(matchesAny([pattern], thread_id, 'alice')).toBe(expected);
});

test('a user whose id holds a separator has no thread of another user', () => {
  expect(matchesAny(['{user}:*'], 'alice:team:first', 'alice:team')).toBe(false);
  expect(matchesAny(['{user}:*'], 'auth0|7:first', 'auth0|7')).toBe(false);
  expect(matchesAny(['{user}:*'], '*:first', '*')).toBe(false);
});
