/** In which order a live list shows sessions. Pure. */

import type { Order } from '../../util/first-items.js';
import type { NamedRow, SessionRow } from './session-row.js';

export const SORT_FIELDS = [
  'connected_at',
  'last_activity',
  'session_id',
  'thread_id',
  'user_id',
  'status',
  'transport',
  'node',
  'offset',
  'lag',
  'rtt_ms',
] as const satisfies readonly (keyof SessionRow)[];

export interface SessionSort {
  readonly field: (typeof SORT_FIELDS)[number];
  readonly isDescending: boolean;
}

/** What a field is without a value comes last, in either direction; of equal ones the lesser id comes first. */
export function orderOf({ field, isDescending }: SessionSort): Order<NamedRow> {
  const sign = isDescending ? -1 : 1;
  return ({ id, row }, other) => {
    const one = row[field];
    const two = other.row[field];
    if (one !== two) {
      if (one === null) return 1;
      if (two === null) return -1;
      return one < two ? -sign : sign;
    }
    return id < other.id ? -1 : id > other.id ? 1 : 0;
  };
}
