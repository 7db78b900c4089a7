import { describe, expect, test } from 'vitest';
import { NO_HISTORY, type ThreadEvent, type ThreadHistory } from './history.js';
import { withEvents, withGap } from './reduce.js';

const LIMITS = { maxEvents: 100, maxReplies: 10 };

type Entry = readonly [event: string, data: unknown, span?: number];

/** Events of a thread, one after the other. */
function eventsOf(entries: readonly Entry[], from = 1): readonly ThreadEvent[] {
  let offset = from - 1;
  return entries.map(([event, data, span = 1]) => {
    offset += span;
    return { event, data, thread_id: 't', epoch: 'e', offset, span };
  });
}

const grow = (
  entries: readonly Entry[],
  { start = NO_HISTORY, from = 1, limits = LIMITS } = {},
): ThreadHistory => withEvents(start, eventsOf(entries, from), limits);

const started = (run_id: string, user_input = 'Why?'): Entry => [
  'run_started',
  { run_id, user_input, message_id: `q-${run_id}`, user_id: null },
];
const said = (run_id: string, delta: string, span = 1): Entry => [
  'message',
  { run_id, delta },
  span,
];
const finished = (run_id: string, status = 'completed', error?: object): Entry => [
  'run_finished',
  { run_id, status, error },
];

describe('the history of a thread', () => {
  test('makes one reply of its parts', () => {
    const { events, replies } = grow([
      started('r1'),
      ['analysis_update', { run_id: 'r1', text: 'Reading' }],
      ['knowledge', { run_id: 'r1', title: 'A book' }],
      said('r1', 'Because'),
      said('r1', ' it is so.', 3),
      ['next_action', { run_id: 'r1', question: 'More?' }],
      finished('r1'),
    ]);
    expect(replies).toEqual([
      {
        run_id: 'r1',
        offset: 1,
        state: 'completed',
        message: 'Why?',
        message_id: 'q-r1',
        user_id: null,
        text: 'Because it is so.',
        whole: true,
        analysis: [{ run_id: 'r1', text: 'Reading' }],
        knowledge: [{ run_id: 'r1', title: 'A book' }],
        next_actions: [{ run_id: 'r1', question: 'More?' }],
        error: null,
      },
    ]);
    expect(events.map(({ event, offset }) => [event, offset]).slice(3, 5)).toEqual([
      ['message', 4],
      ['message', 7],
    ]);
  });

  test('is the same, however the events are divided', () => {
    const entries = [
      started('r1'),
      said('r1', 'a'),
      started('r2'),
      said('r2', 'b'),
      said('r1', 'c'),
    ];
    const oneByOne = eventsOf(entries).reduce(
      (history, event) => withEvents(history, [event], LIMITS),
      NO_HISTORY,
    );
    expect(oneByOne).toEqual(grow(entries));
    expect(oneByOne.replies.map(({ run_id, text }) => [run_id, text])).toEqual([
      ['r1', 'ac'],
      ['r2', 'b'],
    ]);
  });

  test('leaves what it was grown from alone, and keeps what has not changed', () => {
    const before = grow([started('r1'), said('r1', 'a'), finished('r1')]);
    const copy = structuredClone(before);
    const after = grow([started('r2'), ['note', 'of the app']], { start: before, from: 4 });
    expect(before).toEqual(copy);
    expect(after.replies[0]).toBe(before.replies[0]);
    expect(grow([['note', 1]], { start: after, from: 6 }).replies).toBe(after.replies);
    expect(grow([], { start: after })).toBe(after);
  });

  for (const [status, error] of [
    ['failed', { code: 'responder_failed', message: 'It has failed.' }],
    ['interrupted', { code: 'node_lost', message: 'The server has stopped.' }],
    ['cancelled', null],
  ] as const) {
    test(`says that a reply was ${status}`, () => {
      const { replies } = grow([started('r1'), finished('r1', status, error ?? undefined)]);
      expect(replies[0]).toMatchObject({ state: status, error });
    });
  }

  test('keeps the newest events and messages, and no more than it may', () => {
    const entries = ['r1', 'r2', 'r3'].flatMap((run) => [started(run), said(run, run)]);
    const { events, replies } = grow(entries, { limits: { maxEvents: 3, maxReplies: 2 } });
    expect(events.map(({ offset }) => offset)).toEqual([4, 5, 6]);
    expect(replies.map(({ text }) => text)).toEqual(['r2', 'r3']);
    const none = grow(entries, { limits: { maxEvents: 0, maxReplies: 1 } });
    expect([none.events, none.replies.length]).toEqual([[], 1]);
  });

  test('says which reply may lack words', () => {
    const running = grow([started('r1'), finished('r1'), started('r2'), said('r2', 'a')]);
    const gap = { from: 5, to: 8, reason: 'trimmed' } as const;
    const holed = withGap(running, gap, LIMITS);
    expect(holed.gaps).toEqual([gap]);
    const { replies } = grow([said('r2', 'z'), said('r3', 'the rest')], { start: holed, from: 9 });
    expect(replies.map(({ run_id, message, whole }) => [run_id, message, whole])).toEqual([
      ['r1', 'Why?', true],
      ['r2', 'Why?', false],
      ['r3', null, false],
    ]);
  });

  for (const entry of [
    ['note', { run_id: 'r1', text: 'of an app' }],
    ['message', { delta: 'of no reply' }],
    ['message', { run_id: 7, delta: 'of no reply' }],
    ['message', null],
    ['message', 'text'],
    ['toString', { run_id: 'r1' }],
    ['__proto__', { run_id: 'r1' }],
  ] as const) {
    test(`takes ${JSON.stringify(entry)} for an event, and for no part of a reply`, () => {
      const { events, replies } = grow([entry]);
      expect(events).toMatchObject([{ event: entry[0], data: entry[1] }]);
      expect(replies).toEqual([]);
    });
  }

  test('takes fields of the wrong kind for absent', () => {
    const { replies } = grow([
      ['run_started', { run_id: 'r1', user_input: { html: '<b>' }, message_id: 5 }],
      ['message', { run_id: 'r1', delta: 5 }],
      ['run_finished', { run_id: 'r1', status: 'exploded', error: 'text' }],
    ]);
    expect(replies).toMatchObject([
      { message: null, message_id: null, text: '', state: 'failed', error: null },
    ]);
  });
});
