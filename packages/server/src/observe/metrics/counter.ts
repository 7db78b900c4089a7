/**
 * Figures that only grow, one for each value of their labels. A caller that counts often keeps the counter and adds to
 * `value`: no name is looked up, and nothing is allocated, where events pass.
 */

export class Counter {
  value = 0;
}

/** A label's name and all the values that it may have: what clients send never makes a series more. */
export type Label = readonly [name: string, values: readonly string[]];

/** A cell for each combination of the labels' values, nested in the order of the labels. */
export type Cells<Labels extends readonly Label[], Cell> = Labels extends readonly [
  infer First extends Label,
  ...infer Rest extends readonly Label[],
]
  ? { readonly [Value in First[1][number]]: Cells<Rest, Cell> }
  : Cell;

export function makeCells<const Labels extends readonly Label[], Cell>(
  labels: Labels,
  make: () => Cell,
): Cells<Labels, Cell> {
  const [first, ...rest] = labels;
  const cells = first
    ? Object.fromEntries(first[1].map((value) => [value, makeCells(rest, make)]))
    : make();
  return cells as Cells<Labels, Cell>;
}

type Tree<Cell> = Cell | { readonly [value: string]: Tree<Cell> };

/** Each cell with the values of its labels. */
export function* eachCell<Cell>(
  labels: readonly Label[],
  cells: Tree<Cell>,
): Generator<readonly [labels: Readonly<Record<string, string>>, cell: Cell]> {
  const [first, ...rest] = labels;
  if (!first) {
    yield [{}, cells as Cell];
    return;
  }
  const [name, values] = first;
  for (const value of values) {
    const below = (cells as Readonly<Record<string, Tree<Cell>>>)[value] as Tree<Cell>;
    for (const [others, cell] of eachCell(rest, below)) yield [{ [name]: value, ...others }, cell];
  }
}

/** The cell of a value that is not known to be one of the label's: that of `other`, if it is not. */
export function cellOf<Cell>(
  cells: Readonly<Record<string, Cell>> & { readonly other: Cell },
  value: unknown,
): Cell {
  if (typeof value !== 'string' || !Object.hasOwn(cells, value)) return cells.other;
  return cells[value] as Cell;
}
