import { expect, test } from 'vitest';
import { type MarkKind, readMark, writeMark } from './mark.js';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test.each<MarkKind>(['event', 'opens', 'closes'])(
  'a mark that %s is read as it was written',
  (kind) => {
    const mark = writeMark(TRACEPARENT, kind);
    expect(mark && readMark(mark)).toEqual({ kind, traceparent: TRACEPARENT });
  },
);

test('what is not sampled has no mark', () => {
  expect(writeMark(undefined, 'event')).toBeUndefined();
});

test.each(['', '.', TRACEPARENT, `${TRACEPARENT}?`, `${TRACEPARENT}..`])(
  '%o is no mark',
  (text) => {
    expect(readMark(text)).toBeUndefined();
  },
);
