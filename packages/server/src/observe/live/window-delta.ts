/** What has to be sent to a viewer of some rows of a list, so that it shows them as they are now. Pure. */

import type { SessionRow } from './session-row.js';

/** The rows that a viewer looks at. */
export interface RowWindow {
  /** How many rows the list has in all. */
  readonly total: number;
  /** Whether the list has everything: while the store is being looked through for the first time it grows. */
  readonly complete: boolean;
  readonly rows: readonly SessionRow[];
}

/** The fields of a row that have changed, all of them if the viewer does not have the row. */
type RowChange = Pick<SessionRow, 'session_id'> & Partial<SessionRow>;

export interface WindowDelta extends Pick<RowWindow, 'total' | 'complete'> {
  /** The ids of the rows in their order, if it has changed. */
  readonly order?: readonly string[];
  readonly rows: readonly RowChange[];
}

/** Undefined if nothing has changed. */
export function deltaOf(before: RowWindow, now: RowWindow): WindowDelta | undefined {
  const known = new Map(before.rows.map((row) => [row.session_id, row]));
  const rows = now.rows.flatMap((row) => changeOf(known.get(row.session_id), row) ?? []);
  const isOrdered =
    before.rows.length === now.rows.length &&
    now.rows.every(({ session_id }, index) => before.rows[index]?.session_id === session_id);
  const { total, complete } = now;
  const isCounted = before.total === total && before.complete === complete;
  if (rows.length === 0 && isOrdered && isCounted) return undefined;
  const order = isOrdered ? {} : { order: now.rows.map(({ session_id }) => session_id) };
  return { total, complete, ...order, rows };
}

function changeOf(before: SessionRow | undefined, row: SessionRow): RowChange | undefined {
  if (before === row) return undefined;
  if (!before) return row;
  const fields = Object.entries(row).filter(
    ([name, value]) => before[name as keyof SessionRow] !== value,
  );
  return fields.length === 0
    ? undefined
    : { ...(Object.fromEntries(fields) as Partial<SessionRow>), session_id: row.session_id };
}
