/** Splits text that comes in pieces into lines of JSON. */

/** The most that waits for the end of its line: a line of a live list has some 50 kB. */
const MAX_LINE = 4 * 1024 * 1024;

export interface SplitLines {
  readonly values: readonly unknown[];
  /** The beginning of the next line. */
  readonly rest: string;
}

/** @throws Error for a line that is no JSON, or that does not end */
export function splitLines(before: string, piece: string): SplitLines {
  const lines = (before + piece).split('\n');
  const rest = lines.pop() ?? '';
  if (rest.length > MAX_LINE) throw new Error('The server sent a line that does not end.');
  const values = lines.filter((line) => line !== '').map((line): unknown => JSON.parse(line));
  return { values, rest };
}
