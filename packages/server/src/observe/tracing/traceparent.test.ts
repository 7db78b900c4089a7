import { expect, test } from 'vitest';
import { isTraceparent, readTraceparent, writeTraceparent } from './traceparent.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

test('a header is read, and written as it was', () => {
  const text = `00-${TRACE}-${SPAN}-01`;
  const read = readTraceparent(text);
  expect(read).toEqual({ traceId: TRACE, spanId: SPAN, flags: 1 });
  expect(read && writeTraceparent(read)).toBe(text);
  expect(isTraceparent(text)).toBe(true);
});

test.each([
  ['nothing', ''],
  ['another version', `01-${TRACE}-${SPAN}-01`],
  ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
  ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['capital letters', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
  ['something behind it', `00-${TRACE}-${SPAN}-01-more`],
  ['two headers joined', `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
])('%s is no header', (_, text) => {
  expect(readTraceparent(text)).toBeUndefined();
});
