/** What a page knows from the live stream: each line changes it. */

import type { LiveLine, RowsLine, SessionRow, SessionsLine, TotalsLine } from './answers.js';

/** The rows that the page asked for, at their places in the whole list. */
export interface LiveList {
  readonly from: number;
  readonly total: number;
  /** Whether the server has looked through everything. */
  readonly complete: boolean;
  readonly rows: readonly SessionRow[];
}

export interface LiveState {
  readonly list: LiveList | null;
  readonly totals: TotalsLine | null;
}

export const NOTHING_YET: LiveState = { list: null, totals: null };

export function applyLine(state: LiveState, line: LiveLine): LiveState {
  switch (line.type) {
    case 'totals':
      return { ...state, totals: line };
    case 'sessions':
      return { ...state, list: listOf(line) };
    case 'rows':
      // A server sends the rows first.
      return state.list ? { ...state, list: changed(state.list, line) } : state;
    default:
      // A later server may send more.
      return state;
  }
}

const listOf = ({ from, total, complete, rows }: SessionsLine): LiveList => ({
  from,
  total,
  complete,
  rows,
});

function changed(list: LiveList, { total, complete, order, rows }: RowsLine): LiveList {
  const known = new Map(list.rows.map((row) => [row.session_id, row]));
  for (const change of rows) {
    // A row that was not known comes as a whole.
    const row = { ...known.get(change.session_id), ...change } as SessionRow;
    known.set(change.session_id, row);
  }
  const ids = order ?? list.rows.map(({ session_id }) => session_id);
  return { ...list, total, complete, rows: ids.flatMap((id) => known.get(id) ?? []) };
}

/** The row at a place of the whole list, if the page has it. */
export const rowAt = (list: LiveList, index: number): SessionRow | undefined =>
  list.rows[index - list.from];
