/** The query of `/debug/live`: which sessions a viewer looks at, in which order, and from where on. Pure. */

import { type Fault, fault, ok, type Result, refused } from '@session-monitor/protocol';
import {
  FINDING_CODES,
  type LiveQuery,
  type SessionSort,
  SORT_FIELDS,
} from '@session-monitor/server/internal';
import type { Query } from '../exchange.js';
import { FILTERS, readFilter, refuseOthers } from './debug-filter.js';

/** More rows than a screen has. A viewer that scrolls asks for others. */
const MAX_ROWS = 100;
const ANY = 'any';
const DEFAULT_SORT: SessionSort = { field: 'connected_at', isDescending: true };

/** Resolves with undefined for the figures alone: `limit=0`. */
export function readLiveQuery(query: Query): Result<LiveQuery | undefined> {
  const other = refuseOthers(query, [...FILTERS, 'finding', 'sort', 'from', 'limit']);
  if (other) return refused(other);
  const filter = readFilter(query);
  if (!filter.ok) return filter;
  const finding = readFinding(query.finding);
  if (!finding.ok) return finding;
  const sort = readSort(query.sort);
  const from = readCount(query.from, 0, Number.MAX_SAFE_INTEGER);
  const limit = readCount(query.limit, MAX_ROWS, MAX_ROWS);
  if (!sort) return refused(badSort);
  if (from === undefined) return refused(badCount('from', 'a whole number from 0'));
  if (limit === undefined) {
    return refused(badCount('limit', `a whole number from 0 (no rows) to ${MAX_ROWS}`));
  }
  const shown = { filter: filter.value, finding: finding.value, sort, from, limit };
  return ok(limit === 0 ? undefined : shown);
}

/** Null stands for any of them. */
function readFinding(given: Query[string]): Result<LiveQuery['finding']> {
  if (given === undefined) return ok(undefined);
  if (given === ANY) return ok(null);
  const code = FINDING_CODES.find((each) => each === given);
  return code ? ok(code) : refused(badFinding);
}

function readSort(given: Query[string]): SessionSort | undefined {
  if (given === undefined) return DEFAULT_SORT;
  const [, minus, name] = /^(-?)(\w+)$/.exec(String(given)) ?? [];
  const field = SORT_FIELDS.find((each) => each === name);
  return field && { field, isDescending: minus === '-' };
}

function readCount(given: Query[string], fallback: number, most: number): number | undefined {
  const value = given === undefined ? fallback : /^\d+$/.test(String(given)) ? Number(given) : -1;
  return value >= 0 && value <= most ? value : undefined;
}

const badFinding = fault(
  'bad_request',
  `'finding' must be ${ANY} or one of ${FINDING_CODES.join(', ')}.`,
  { field: 'finding' },
);

const badSort = fault(
  'bad_request',
  `'sort' must be one of ${SORT_FIELDS.join(', ')}; with a minus before it, the greatest comes first.`,
  { field: 'sort' },
);

const badCount = (field: string, allowed: string): Fault =>
  fault('bad_request', `'${field}' must be ${allowed}.`, { field });
