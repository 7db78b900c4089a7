import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { row } from './rows.fixture.js';
import type { SessionRow } from './session-row.js';
import { deltaOf, type RowWindow, type WindowDelta } from './window-delta.js';

const shown = (...rows: readonly SessionRow[]): RowWindow => ({
  total: rows.length,
  complete: true,
  rows,
});

/** What a viewer does with what it gets. */
function apply(before: RowWindow, { total, complete, order, rows }: WindowDelta): RowWindow {
  const known = new Map(before.rows.map((each) => [each.session_id, each]));
  for (const change of rows) {
    known.set(change.session_id, { ...known.get(change.session_id), ...change } as SessionRow);
  }
  const ids = order ?? before.rows.map(({ session_id }) => session_id);
  return { total, complete, rows: ids.flatMap((id) => known.get(id) ?? []) };
}

test('nothing is sent of what is as it was', () => {
  const before = shown(row('a'), row('b'));
  expect(deltaOf(before, shown(...before.rows))).toBeUndefined();
  expect(deltaOf(before, shown(row('a'), row('b')))).toBeUndefined();
});

test('only the fields that have changed are sent', () => {
  const before = shown(row('a'), row('b', { lag: 3 }));
  const delta = deltaOf(before, shown(row('a'), row('b', { lag: 0, offset: 4 })));
  expect(delta).toEqual({
    total: 2,
    complete: true,
    rows: [{ session_id: 'b', lag: 0, offset: 4 }],
  });
});

test('the order is sent if it has changed, and a new row as a whole', () => {
  const delta = deltaOf(shown(row('a'), row('b')), shown(row('b'), row('c'), row('a')));
  expect(delta).toMatchObject({ total: 3, order: ['b', 'c', 'a'], rows: [row('c')] });
});

test('the end of the first look through the store is sent', () => {
  const before = { ...shown(row('a')), complete: false };
  expect(deltaOf(before, shown(row('a')))).toEqual({ total: 1, complete: true, rows: [] });
});

test('a viewer that applies the changes shows what there is', () => {
  const rows = fc
    .uniqueArray(fc.nat({ max: 8 }), { maxLength: 8 })
    .chain((ids) =>
      fc.tuple(...ids.map((id) => fc.nat({ max: 2 }).map((lag) => row(`s${id}`, { lag })))),
    );
  fc.assert(
    fc.property(rows, rows, (one, other) => {
      const [before, now] = [shown(...one), shown(...other)];
      const delta = deltaOf(before, now);
      expect(delta ? apply(before, delta) : before).toEqual(now);
    }),
  );
});
