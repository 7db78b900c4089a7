/** Which rows of a long list the page asks the server for: those that are seen, with some before and behind them. */

/** The most that the server sends. */
export const WINDOW_ROWS = 100;
/** Rows that may be missing at an edge before others are asked for. */
const EDGE = 8;

export interface Seen {
  readonly first: number;
  /** The last one that is seen. */
  readonly last: number;
}

/** Where the window begins that shows these rows in its middle. */
export function windowFrom({ first, last }: Seen): number {
  const spare = WINDOW_ROWS - (last - first + 1);
  return Math.max(0, first - Math.max(0, Math.floor(spare / 2)));
}

/** Whether the window that the page has does for these rows. */
export function isEnough(from: number, { first, last }: Seen, total: number): boolean {
  const end = Math.min(total, from + WINDOW_ROWS);
  const before = from === 0 || first - from >= EDGE;
  const behind = end >= total || end - 1 - last >= EDGE;
  return before && behind && first >= from && last < Math.max(end, 1);
}
