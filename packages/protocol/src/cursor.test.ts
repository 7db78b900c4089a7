import { expect, test } from 'vitest';
import { decodeCursor, encodeCursor, NO_TAG } from './cursor.js';

test('a cursor survives its travel', () => {
  for (const cursor of [
    { epoch: 'aB3_-x9Q', offset: 0, tag: NO_TAG },
    { epoch: 'e', offset: Number.MAX_SAFE_INTEGER, tag: 'E7pZygagNng' },
  ]) {
    expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor);
  }
});

test('what is not a cursor is none', () => {
  const strange = ['', '1', 'a.b.c', 'e.1', 'e.1.t.x', 'e.-1.t', 'e.1.5.t', 'e. 1.t', 'é.1.t'];
  for (const text of [...strange, 'e.99999999999999999.t', `${'e'.repeat(33)}.1.t`]) {
    expect([text, decodeCursor(text)]).toEqual([text, undefined]);
  }
});
