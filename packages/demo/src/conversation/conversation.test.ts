import { describe, expect, test } from 'vitest';
import {
  type Conversation,
  EMPTY,
  isStreaming,
  textOf,
  withEvent,
  withGap,
  withReset,
} from './conversation.js';

type Entry = readonly [name: string, data: unknown, replay?: number];

const grow = (entries: readonly Entry[], start: Conversation = EMPTY, from = 1): Conversation =>
  entries.reduce(
    (grown, [name, data, replay = 0], index) =>
      withEvent(grown, { name, data, offset: from + index, replay }),
    start,
  );

const run = { run_id: 'r1' };
const started: Entry = ['run_started', { ...run, user_input: 'Why?' }];
const said = (delta: string, replay = 0): Entry => ['message', { ...run, delta }, replay];
const finished = (status: string, error?: object): Entry => [
  'run_finished',
  { ...run, status, error },
];

describe('a conversation', () => {
  test('is what its events say', () => {
    const { turns } = grow([
      started,
      ['analysis_update', { ...run, text: 'Reading' }],
      ['knowledge', { ...run, title: 'A book' }],
      said('Because'),
      said(' it is.'),
      ['next_action', { ...run, text: 'Ask more', question: 'More?' }],
      finished('completed'),
    ]);
    expect(turns).toEqual([
      {
        run_id: 'r1',
        offset: 1,
        question: 'Why?',
        notes: ['Reading'],
        sources: ['A book'],
        reply: [{ text: 'Because it is.', replay: 0 }],
        suggestion: { run_id: 'r1', kind: 'suggestion', text: 'Ask more', question: 'More?' },
        status: 'completed',
        error: null,
      },
    ]);
  });

  test('keeps what came from the log apart, and the text in one piece', () => {
    const { turns } = grow([
      started,
      said('a'),
      said('b', 1),
      said('c', 1),
      said('d'),
      said('e', 2),
    ]);
    expect(turns[0]?.reply).toEqual([
      { text: 'a', replay: 0 },
      { text: 'bc', replay: 1 },
      { text: 'd', replay: 0 },
      { text: 'e', replay: 2 },
    ]);
    expect(turns.map(textOf)).toEqual(['abcde']);
  });

  test('says how a run has ended', () => {
    const why = { code: 'node_lost', message: 'The server has stopped.' };
    const interrupted = grow([started, said('a'), finished('interrupted', why)]);
    expect(interrupted.turns[0]).toMatchObject({ status: 'interrupted', error: why.message });
    expect(isStreaming(grow([started]))).toBe(true);
    expect(isStreaming(interrupted)).toBe(false);
  });

  test('shows a run whose beginning is no longer kept', () => {
    const { turns, missing } = grow([said('rest')], withGap(EMPTY, { from: 1, to: 7 }), 8);
    expect(turns).toMatchObject([{ question: null, offset: 8, reply: [{ text: 'rest' }] }]);
    expect(missing).toEqual([{ from: 1, to: 7 }]);
  });

  test('loses what a reset voids', () => {
    const other = { run_id: 'r2' };
    const two = grow([
      started,
      finished('completed'),
      ['run_started', { ...other, user_input: '2' }],
    ]);
    expect(withReset(withGap(two, { from: 4, to: 9 }), { reason: 'deleted', from: 1 })).toBe(EMPTY);
    expect(withReset(two, { reason: 'epoch_changed', from: 3 })).toBe(EMPTY);
    const { turns } = withReset(two, { reason: 'compacted', from: 3 });
    expect(turns.map(({ run_id }) => run_id)).toEqual(['r1']);
  });

  test('puts the parts of two runs where they belong', () => {
    const { turns } = grow([
      started,
      ['run_started', { run_id: 'r2', user_input: 'And?' }],
      said('one'),
      ['message', { run_id: 'r2', delta: 'two' }],
    ]);
    expect(turns.map((turn) => [turn.run_id, textOf(turn)])).toEqual([
      ['r1', 'one'],
      ['r2', 'two'],
    ]);
  });

  const foreign: readonly Entry[] = [
    ['note', { run_id: 'r1', text: 'of another app' }],
    ['message', { delta: 'without a run' }],
    ['message', null],
    ['message', 'text'],
    ['toString', run],
    ['__proto__', run],
  ];
  for (const entry of foreign) {
    test(`is not changed by ${JSON.stringify(entry)}`, () => {
      expect(grow([entry])).toBe(EMPTY);
    });
  }

  test('takes fields of the wrong kind for empty', () => {
    const { turns } = grow([
      ['run_started', { ...run, user_input: { html: '<b>' } }],
      ['message', { ...run, delta: 5 }],
      ['run_finished', { ...run, status: 'exploded', error: 'text' }],
    ]);
    expect(turns).toMatchObject([{ question: '', status: 'failed', error: null }]);
    expect(turns.map(textOf)).toEqual(['']);
  });
});
