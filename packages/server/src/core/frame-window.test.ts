import { expect, test } from 'vitest';
import { windowForLag, windowForLoad } from './frame-window.js';

test.each([
  // busy, before, window
  [0, 0, 0],
  [0.84, 0, 0],
  [0.85, 0, 20],
  [0.925, 0, 35],
  [1, 0, 50],
  [1.2, 0, 50],
  // Once it is on it stays on until there is room again.
  [0.84, 20, 20],
  [0.5, 20, 20],
  [0.49, 20, 0],
  [0.925, 50, 35],
])('a loop that is busy for %d of its time, after %d ms, asks for %d ms', (busy, before, ms) => {
  expect(windowForLoad(busy, before)).toBeCloseTo(ms);
});

test.each([
  [0, 0],
  [299, 0],
  [300, 20],
  [900, 35],
  [1_500, 50],
  [60_000, 50],
])('a reader that owes an acknowledgement for %d ms gets frames %d ms apart', (lagMs, ms) => {
  expect(windowForLag(lagMs)).toBeCloseTo(ms);
});
