import { expect, test } from 'vitest';
import { age, bytes, clockTime, counted, duration, fullTime, number, rate } from './format.js';

test.each([
  [0, '0 ms'],
  [-3, '0 ms'],
  [249.6, '250 ms'],
  [4_210, '4.2 s'],
  [59_999, '60 s'],
  [90_000, '1.5 min'],
  [7_200_000, '2 h'],
  [180_000_000, '2.1 d'],
])('%d ms are %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_500, '1.5 kB'],
  [20_000_000, '20 MB'],
  [3e15, '3,000 TB'],
])('%d bytes are %s', (count, text) => {
  expect(bytes(count)).toBe(text);
});

test('ages are whole seconds, and never in the future', () => {
  expect([age(5_000, 4_000), age(5_000, 5_900), age(5_000, 17_400)]).toEqual([
    'now',
    'now',
    '12 s',
  ]);
});

test('numbers have separators, and rates a tenth where it tells something', () => {
  expect([number(20_000), rate(0), rate(0.25), rate(12.6)]).toEqual(['20,000', '0', '0.3', '13']);
  expect([counted(1, 'reply', 'replies'), counted(3, 'reply', 'replies')]).toEqual([
    '1 reply',
    '3 replies',
  ]);
});

test('times are those of the place', () => {
  const at = new Date(2_026, 0, 31, 4, 5, 6, 789).getTime();
  expect([clockTime(at), fullTime(at)]).toEqual(['04:05:06.7', '2026-01-31 04:05:06']);
});
