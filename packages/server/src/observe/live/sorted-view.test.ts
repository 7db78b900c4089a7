import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Clock } from '../../util/clock.js';
import { ManualClock } from '../../util/manual-clock.fixture.js';
import { ChangeFeed } from './change-feed.js';
import { named } from './rows.fixture.js';
import type { NamedRow } from './session-row.js';
import { SortedView } from './sorted-view.js';

const QUERY = {
  filter: { state: 'active' },
  sort: { field: 'lag', isDescending: true },
} as const;

/** Each look at it takes a millisecond, so that long work rests. */
function hurriedClock() {
  let now = 0;
  return {
    now: () => {
      now += 1;
      return now;
    },
    after(_ms: number, call: () => void) {
      const turn = setImmediate(call);
      return () => clearImmediate(turn);
    },
  };
}

function open(clock: Pick<Clock, 'after' | 'now'> = new ManualClock()) {
  const rows = new Map<string, NamedRow>();
  const feed = new ChangeFeed([], (id) => rows.get(id));
  const view = new SortedView(feed, QUERY, clock);
  const set = (each: NamedRow) => {
    rows.set(each.id, each);
    feed.mark(each.id);
  };
  const remove = (id: string) => {
    rows.delete(id);
    feed.mark(id);
  };
  const ids = () => view.slice(0, 1_000).map(({ session_id }) => session_id);
  return { view, rows, set, remove, ids };
}

test('shows what fits, in order, and follows changes', async () => {
  const { view, set, remove, ids } = open();
  for (const [id, lag] of [
    ['a', 1],
    ['b', 5],
    ['c', 3],
  ] as const)
    set(named(id, { lag }));
  set(named('idle', { status: 'idle', lag: 9 }));
  await view.refresh();
  expect([ids(), view.total]).toEqual([['b', 'c', 'a'], 3]);
  set(named('a', { lag: 4 }));
  set(named('b', { status: 'idle' }));
  remove('c');
  await view.refresh();
  expect(ids()).toEqual(['a']);
  expect(view.slice(1, 10)).toEqual([]);
});

test('a long list has its first rows before all are in order', async () => {
  const { view, set } = open(hurriedClock());
  for (let index = 0; index < 2_000; index += 1) {
    set(named(`id-${index}`, { lag: (index * 7) % 2_000 }));
  }
  const isDone = { all: false };
  const all = view.refresh().then(() => {
    isDone.all = true;
  });
  await view.begin(100);
  const lags = () => view.slice(0, 300).map(({ lag }) => lag);
  const first = Array.from({ length: 300 }, (_, index) => 1_999 - index);
  expect([isDone.all, view.total, lags()]).toEqual([false, 2_000, first]);
  await all;
  expect([view.total, lags(), view.slice(1_999, 10)[0]?.lag]).toEqual([2_000, first, 0]);
  // Further behind there is nothing without the order of all.
  await view.begin(1_000);
  expect(view.slice(999, 1)[0]?.lag).toBe(1_000);
});

test('it is what sorting everything would be, whatever changes', async () => {
  const change = fc.record({
    id: fc.nat({ max: 30 }),
    lag: fc.nat({ max: 5 }),
    status: fc.constantFrom('active' as const, 'idle' as const),
    isGone: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(change, { maxLength: 20 }), { maxLength: 6 }),
      async (all) => {
        const { view, rows, set, remove, ids } = open();
        for (const changes of all) {
          for (const { id, lag, status, isGone } of changes) {
            if (isGone) remove(`${id}`);
            else set(named(`${id}`, { lag, status }));
          }
          await view.refresh();
        }
        const wanted = [...rows.values()]
          .filter(({ row }) => row.status === 'active')
          .sort(
            (one, other) =>
              (other.row.lag ?? 0) - (one.row.lag ?? 0) || (one.id < other.id ? -1 : 1),
          );
        expect(ids()).toEqual(wanted.map(({ id }) => id));
      },
    ),
  );
});
