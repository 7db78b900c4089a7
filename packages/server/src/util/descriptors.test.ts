import { expect, test } from 'vitest';
import { readLimit, roomForConnections } from './descriptors.js';

const limits = (soft: string) =>
  `Limit                     Soft Limit           Hard Limit           Units     
Max processes             63432                63432                processes 
Max open files            ${soft}                 524288               files     
`;

test.each([
  ['2048', 2_048],
  ['unlimited', Number.POSITIVE_INFINITY],
])('a soft limit of %s', (soft, expected) => {
  expect(readLimit(limits(soft))).toBe(expected);
});

test('keeps a reserve for what is no connection of a client', () => {
  expect([256, 2_048, 65_536].map(roomForConnections)).toEqual([192, 1_843, 58_982]);
  expect(roomForConnections(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  expect(roomForConnections()).toBeGreaterThan(100);
});
