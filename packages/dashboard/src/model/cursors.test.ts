import { expect, test } from 'vitest';
import { cursorsIn } from './cursors.js';

const log = (...offsets: readonly number[]) => ({
  head: 100,
  first_kept: 1,
  more: true,
  events: offsets.map((offset) => ({ offset, event: 'message', bytes: 1, run_id: null })),
});
const at = (session_id: string, offset: number) => ({ session_id, user_id: null, offset });

test('followers are at the event that they have acknowledged last, or outside of the part', () => {
  const followers = [at('a', 10), at('b', 12), at('c', 12), at('d', 9), at('e', 0), at('f', 14)];
  const cursors = cursorsIn(followers, log(10, 11, 12, 13));
  expect(
    [...cursors.at].map(([offset, all]) => [offset, all.map((each) => each.session_id)]),
  ).toEqual([
    [10, ['a']],
    [12, ['b', 'c']],
  ]);
  expect([cursors.before, cursors.behind]).toEqual([2, 1]);
});

test('a cursor between two events of a compacted log is at the one before it', () => {
  expect([...cursorsIn([at('a', 15)], log(10, 20)).at.keys()]).toEqual([10]);
});

test('an empty part has no cursors', () => {
  expect(cursorsIn([at('a', 0), at('b', 3)], log())).toMatchObject({ before: 1, behind: 1 });
});
