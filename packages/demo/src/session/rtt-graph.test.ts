import { expect, test } from 'vitest';
import { describeGraph, graphOf, withSample } from './rtt-graph.js';

const size = { width: 100, height: 10, capacity: 11 };

test('the newest sample stands at the right edge, the scale is a round number', () => {
  expect(graphOf([5], size)).toEqual({ path: 'M100 0h0', scaleMs: 5 });
  expect(graphOf([0, 10, 20], size)).toEqual({ path: 'M80 10L90 5L100 0', scaleMs: 20 });
  expect(graphOf([130], size).scaleMs).toBe(200);
  expect(graphOf([1], size)).toEqual({ path: 'M100 8h0', scaleMs: 5 });
});

test('the line is broken where there was no connection', () => {
  expect(graphOf([5, null, null, 5, 5], size).path).toBe('M60 0h0M90 0L100 0');
  expect(graphOf([null], size).path).toBe('');
  expect(graphOf([], size).path).toBe('');
});

test('old samples leave', () => {
  expect(withSample([1, 2, 3], null, 3)).toEqual([2, 3, null]);
});

test('it can be read out', () => {
  expect(describeGraph([])).toMatch(/not measured/);
  expect(describeGraph([1.23, 8, 2])).toMatch(/now 2 ms, highest 8 ms/);
  expect(describeGraph([8, null])).toMatch(/no connection now, highest 8 ms/);
});
