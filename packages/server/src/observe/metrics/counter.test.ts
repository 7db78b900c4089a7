import { expect, test } from 'vitest';
import { Counter, cellOf, eachCell, type Label, makeCells } from './counter.js';

const COLOUR = ['colour', ['red', 'green', 'other']] as const satisfies Label;
const SIZE = ['size', ['small', 'large']] as const satisfies Label;

test('there is a cell for each combination of values from the start', () => {
  const labels = [COLOUR, SIZE] as const;
  const cells = makeCells(labels, () => new Counter());
  cells.red.large.value += 2;
  cells.other.small.value += 1;
  const shown = [...eachCell<Counter>(labels, cells)].map(([{ colour, size }, { value }]) =>
    [colour, size, value].join(' '),
  );
  expect(shown).toEqual([
    ...['red small 0', 'red large 2', 'green small 0', 'green large 0'],
    ...['other small 1', 'other large 0'],
  ]);
});

test('without labels there is one cell', () => {
  const cell = makeCells([], () => new Counter());
  cell.value += 1;
  expect([...eachCell([], cell)]).toEqual([[{}, { value: 1 }]]);
});

test('a value from outside makes no cell', () => {
  const cells = makeCells([COLOUR], () => new Counter());
  for (const value of ['blue', '__proto__', 'toString', '', 7, null, undefined]) {
    expect(cellOf(cells, value)).toBe(cells.other);
  }
  expect(cellOf(cells, 'green')).toBe(cells.green);
});
