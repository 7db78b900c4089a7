import { expect, test } from 'vitest';
import { isEnough, WINDOW_ROWS, windowFrom } from './window.js';

const TOTAL = 20_000;
const seen = (first: number, rows = 30) => ({ first, last: first + rows - 1 });

test('the seen rows are in the middle of the window', () => {
  expect([windowFrom(seen(0)), windowFrom(seen(20)), windowFrom(seen(500))]).toEqual([0, 0, 465]);
  // A screen with more rows than a window has.
  expect(windowFrom(seen(500, 150))).toBe(500);
});

test('scrolling a little needs no other window, scrolling far does', () => {
  const from = windowFrom(seen(500));
  expect(isEnough(from, seen(500), TOTAL)).toBe(true);
  expect(isEnough(from, seen(520), TOTAL)).toBe(true);
  expect(isEnough(from, seen(530), TOTAL)).toBe(false);
  expect(isEnough(from, seen(470), TOTAL)).toBe(false);
});

test('at the ends of the list there is nothing more to ask for', () => {
  expect(isEnough(0, seen(0), TOTAL)).toBe(true);
  expect(isEnough(0, seen(0, 4), 4)).toBe(true);
  expect(isEnough(0, { first: 0, last: 0 }, 0)).toBe(true);
  const end = windowFrom(seen(TOTAL - 30));
  expect(isEnough(end, seen(TOTAL - 30), TOTAL)).toBe(true);
});

test('a window that was asked for is enough for what it was asked for', () => {
  for (let first = 0; first + 30 <= TOTAL; first += 97) {
    const wanted = seen(first);
    expect([first, isEnough(windowFrom(wanted), wanted, TOTAL)]).toEqual([first, true]);
  }
  expect(WINDOW_ROWS).toBe(100);
});
