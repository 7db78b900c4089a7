/** The checker must be able to fail: doctored histories and logs, one for each kind of violation. */

import { describe, expect, test } from 'vitest';
import { checkHistory } from './check-history.js';
import { checkPublications, checkRuns } from './check-log.js';
import { encode, hashOf, type Line, type Log, type Publication } from './evidence.js';

const LOG: Log = [1, 2, 3, 4, 5].map((n) => encode('word', { id: `m-${n}`, n }));

const applied = (offset: number): Line => ['applied', 0, offset, hashOf(LOG[offset - 1] ?? '')];
const page = (kept = 0): Line => ['page', 0, kept];
const END: Line = ['end', 0, 5, 5];
const ALL = [1, 2, 3, 4, 5].map(applied);

const kindsOf = (lines: readonly Line[]) =>
  checkHistory({ client: 'c', thread_id: 't', lines }, LOG).map(({ kind }) => kind);

describe('a history', () => {
  test('that is the log, once and in order, is sound', () => {
    expect(kindsOf([page(), ...ALL, END])).toEqual([]);
  });

  test('that goes on from what the app has saved is sound', () => {
    const lines = [page(), ...[1, 2, 3].map(applied), page(2), ...[3, 4, 5].map(applied), END];
    expect(kindsOf(lines)).toEqual([]);
    expect(kindsOf([page(), applied(1), page(), ...ALL, END])).toEqual([]);
  });

  test('that lacks the end, or an event within, has lost it', () => {
    expect(kindsOf([page(), ...[1, 2, 3, 4].map(applied), END])).toEqual(['lost']);
    expect(kindsOf([page(), ...[1, 2, 4, 5].map(applied), END])).toEqual(['lost']);
    expect(kindsOf([page(), END])).toEqual(['lost']);
  });

  test('with an event twice has duplicated it', () => {
    expect(kindsOf([page(), ...[1, 2, 2, 3, 4, 5].map(applied), END])).toEqual(['duplicated']);
    // A page that continues from its saved state, and gets the saved events again.
    expect(kindsOf([page(), applied(1), page(1), ...ALL, END])).toEqual(['duplicated']);
  });

  test('with one event for several is sound, if that is what they say', () => {
    const delta = (n: number, run_id = 'r') => encode('message', { run_id, delta: `${n} ` });
    const log = [LOG[0] ?? '', delta(2), delta(3), delta(4), delta(5, 'other')];
    const whole = (said: string): Line => {
      const hash = hashOf(encode('message', { run_id: 'r', delta: said }));
      return ['applied', 0, 4, hash, 3];
    };
    const last: Line = ['applied', 0, 5, hashOf(log[4] ?? '')];
    const kinds = (...lines: readonly Line[]) =>
      checkHistory({ client: 'c', thread_id: 't', lines: [page(), ...lines, END] }, log).map(
        ({ kind }) => kind,
      );
    expect(kinds(applied(1), whole('2 3 4 '), last)).toEqual([]);
    expect(kinds(applied(1), whole('2 4 '), last)).toEqual(['invented']);
    const two: Line = ['applied', 0, 2, hashOf(log[1] ?? '')];
    expect(kinds(applied(1), two, whole('2 3 4 '), last)).toEqual(['duplicated']);
    expect(kinds(whole('2 3 4 '), last)).toEqual(['lost']);
    const empty = hashOf(encode('message', { run_id: 'r', delta: '' }));
    const foreign: Line = ['applied', 0, 5, empty, 2];
    expect(kinds(applied(1), two, foreign)).toEqual(['invented', 'lost']);
  });

  test('with two events exchanged is out of order', () => {
    expect(kindsOf([page(), ...[1, 3, 2, 4, 5].map(applied), END])).toEqual(['out_of_order']);
  });

  test('with what the log does not have was invented', () => {
    const other: Line = ['applied', 0, 3, hashOf(encode('word', 'another'))];
    const lines = [page(), applied(1), applied(2), other, applied(4), applied(5), END];
    expect(kindsOf(lines)).toEqual(['invented']);
    const beyond: Line = ['applied', 0, 6, 0];
    expect(kindsOf([page(), ...ALL, beyond, END])).toEqual(['invented']);
    expect(kindsOf([page(), page(2), ...[3, 4, 5].map(applied), END])).toEqual(['invented']);
  });

  test('with a gap or a reset without a cause is reported', () => {
    expect(kindsOf([page(), applied(1), ['gap', 0, 2, 4], applied(5), END])).toEqual(['announced']);
    const reset: Line = ['reset', 0, 1, 'epoch_changed'];
    expect(kindsOf([page(), applied(1), reset, ...ALL, END])).toEqual(['announced']);
  });

  test('of a monitor that gave up, without an end, or with unequal listeners, is reported', () => {
    const all = [page(), ...ALL];
    expect(kindsOf([...all, ['failed', 0, 'refused'], END])).toEqual(['stuck']);
    expect(kindsOf(all)).toEqual(['stuck']);
    expect(kindsOf([...all, ['end', 0, 4, 5]])).toEqual(['unequal']);
  });
});

describe('the log', () => {
  const publication = (n: number, offset: number | null = n): Publication => ({
    thread_id: 't',
    publisher: 'p',
    message_id: `m-${n}`,
    offset,
  });
  const kindsIn = (publications: readonly Publication[], log = LOG) =>
    checkPublications('t', publications, log).map(({ kind }) => kind);

  test('with everything where it was acknowledged is sound; what was not may be there or not', () => {
    expect(kindsIn([1, 2, 3, 4, 5].map((n) => publication(n)))).toEqual([]);
    expect(kindsIn([publication(5, null), publication(6, null)])).toEqual([]);
  });

  test('without what was acknowledged has forgotten it', () => {
    expect(kindsIn([publication(6)])).toEqual(['forgotten']);
    expect(kindsIn([publication(3, 4)])).toEqual(['forgotten']);
  });

  test('with a message id twice repeats it', () => {
    expect(kindsIn([publication(5)], [...LOG, LOG[4] ?? ''])).toEqual(['repeated']);
  });

  test("with a publisher's second event before its first is disordered", () => {
    expect(kindsIn([publication(2), publication(1)])).toEqual(['disordered']);
  });
});

describe('a run', () => {
  const part = (event: string, run_id = 'r') =>
    encode(event, { run_id, status: 'completed', user_input: `question ${run_id}` });
  const found = (events: readonly string[]) => {
    const log = events.map((event) => part(event));
    return checkRuns('t', log);
  };

  test('with one terminal event is sound', () => {
    const runs = found(['run_started', 'message', 'run_finished']);
    expect(runs).toEqual({ runs: 1, finished: { completed: 1 }, violations: [] });
  });

  test('that starts twice, or a second one for the same question, is reported', () => {
    const kinds = (...texts: readonly string[]) =>
      checkRuns('t', texts).violations.map(({ kind }) => kind);
    const start = part('run_started');
    expect(kinds(start, start, part('run_finished'))).toEqual(['repeated', 'run']);
    const again = encode('run_started', { run_id: 'other', user_input: 'question r' });
    const end = encode('run_finished', { run_id: 'other', status: 'completed' });
    expect(kinds(start, part('run_finished'), again, end)).toEqual(['repeated']);
  });

  for (const [why, events] of Object.entries({
    'without a terminal event': ['run_started', 'message'],
    'with two terminal events': ['run_started', 'run_finished', 'run_finished'],
    'with a part after its end': ['run_started', 'run_finished', 'message'],
    'without a start': ['message', 'run_finished'],
  })) {
    test(`${why} is reported`, () => {
      expect(found(events).violations.map(({ kind }) => kind)).toEqual(['run']);
    });
  }
});
