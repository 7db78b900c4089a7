import { expect, test } from 'vitest';
import { named, record } from './rows.fixture.js';
import { SessionDirectory } from './session-directory.js';

function open() {
  const left: string[] = [];
  const directory = new SessionDirectory((id) => left.push(id));
  const { feed, end } = directory.follow();
  /** The ids that are shown now, by the node that shows them, and those that have gone. */
  const taken = () => {
    const { rows, removed } = feed.take(100);
    return { shown: rows.map(({ id, row }) => `${id} ${row.status} ${row.node}`), removed };
  };
  return { directory, left, taken, end };
}

test('shows what nodes carry, and tells what has gone', () => {
  const { directory, left, taken } = open();
  directory.apply('here', { rows: [named('a'), named('b')], removed: [] });
  expect(taken()).toEqual({ shown: ['a active here', 'b active here'], removed: [] });
  directory.apply('here', { rows: [named('a', { status: 'idle' })], removed: ['b'] });
  expect(taken()).toEqual({ shown: ['a idle here'], removed: ['b'] });
  expect(left).toEqual(['b']);
  expect(taken()).toEqual({ shown: [], removed: [] });
});

test('a session that moves is shown once, by the node that has it now', () => {
  const { directory, left, taken } = open();
  directory.apply('here', { rows: [named('a')], removed: [] });
  directory.apply('there', { rows: [named('a', { node: 'there' }, 2)], removed: [] });
  // The former node looks again, and learns later that it has gone.
  directory.apply('here', { rows: [named('a', { lag: 9 })], removed: [] });
  expect(taken().shown).toEqual(['a active there']);
  directory.apply('here', { rows: [], removed: ['a'] });
  expect([taken(), left]).toEqual([{ shown: [], removed: [] }, []]);
});

test('a session without a connection is shown as its record has it, until a node carries it', () => {
  const { directory, taken } = open();
  directory.record(record('a'), 1, false);
  expect(taken().shown).toEqual(['a disconnected here']);
  directory.apply('here', { rows: [named('a', {}, 2)], removed: [] });
  expect(taken().shown).toEqual(['a active here']);
  directory.record(record('a', { since: 5 }), 2, false);
  expect(taken().shown).toEqual([]);
});

test('records of sessions that a node carries, and those that have expired, are not shown', () => {
  const { directory, taken } = open();
  directory.record(record('a', { state: 'connected' }), 1, true);
  directory.record(record('b', { state: 'expired' }), 1, false);
  // Its node does not answer.
  directory.record(record('c', { state: 'connected', node: 'away' }), 1, false);
  expect(taken().shown).toEqual(['c active away']);
  directory.record(record('c', { state: 'connected', node: 'away' }), 2, true);
  expect(taken()).toEqual({ shown: [], removed: ['c'] });
});

test('what a scan of the store has not found has gone', () => {
  const { directory, taken } = open();
  for (const id of ['a', 'b']) directory.record(record(id), 1, false);
  directory.scanned(1);
  expect(taken().shown.length).toBe(2);
  directory.record(record('b'), 2, false);
  directory.scanned(2);
  expect(taken()).toEqual({ shown: [], removed: ['a'] });
});

test('the sessions of a lost node are shown as they were until two scans have not found them', () => {
  const { directory, taken } = open();
  directory.record(record('known'), 1, false);
  directory.scanned(1);
  directory.apply('there', { rows: [named('a', { node: 'there' })], removed: [] });
  taken();
  directory.forget('there');
  expect(taken().shown).toEqual(['a active there']);
  // The scan that was under way may have passed it.
  for (const scan of [2, 3]) {
    directory.record(record('known'), scan, false);
    directory.scanned(scan);
    expect(taken().removed).toEqual(scan === 3 ? ['a'] : []);
  }
});

test('a feed that begins late has everything', () => {
  const { directory } = open();
  directory.apply('here', { rows: [named('a')], removed: [] });
  directory.record(record('b'), 1, false);
  const { rows } = directory.follow().feed.take(10);
  expect(rows.map(({ id }) => id)).toEqual(['a', 'b']);
});
