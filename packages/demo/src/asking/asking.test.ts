import { describe, expect, test } from 'vitest';
import { type Asking, answered, ask, type View, withRun, withView } from './asking.js';

const posting = ask('Why?', 10);
const unknown = answered(posting, { kind: 'no_answer' });
const taken = answered(posting, { kind: 'taken', run_id: 'r1' });
const refused = answered(posting, { kind: 'refused', why: 'Too long.' });

const mine = { run_id: 'r1', question: 'Why?', offset: 11 };
const quiet: View = { now: 0, complete: true, busy: false, fresh: true };

const look = (asking: Asking, ...views: readonly Partial<View>[]): Asking =>
  views.reduce<Asking>((seen, view) => withView(seen, { ...quiet, ...view }), asking);

describe('a question', () => {
  test('has arrived when its run starts, whatever became of the post', () => {
    for (const asking of [posting, unknown, taken, refused])
      expect(withRun(asking, mine)).toBe(null);
  });

  test("is not taken for another's, or for an earlier one of the same text", () => {
    const others = [
      { run_id: 'r2', question: 'How?', offset: 11 },
      { run_id: 'r2', question: 'Why?', offset: 10 },
    ];
    for (const run of others) {
      for (const asking of [posting, unknown, taken]) expect(withRun(asking, run)).toBe(asking);
    }
    // Once the server has named the run, the same question of another tab is another one.
    expect(withRun(taken, { ...mine, run_id: 'r2' })).toBe(taken);
  });

  test('that was refused was surely not sent', () => {
    expect(refused).toEqual({ text: 'Why?', after: 10, phase: 'not_sent', why: 'Too long.' });
  });
});

describe('a question without an answer', () => {
  test('may be sent again when the whole thread was seen and has stayed quiet without it', () => {
    expect(look(unknown, { now: 0 }, { now: 1_499 }).phase).toBe('unknown');
    const found = look(unknown, { now: 0 }, { now: 1_500 });
    expect(found).toMatchObject({ phase: 'not_sent', why: expect.stringMatching(/did not reach/) });
  });

  test('is looked for longer where the connection may be a dead one', () => {
    expect(look(unknown, { now: 0, fresh: false }, { now: 5_999, fresh: false }).phase).toBe(
      'unknown',
    );
    expect(look(unknown, { now: 0, fresh: false }, { now: 6_000, fresh: false }).phase).toBe(
      'not_sent',
    );
  });

  test('is not given up while something is still to come, or it may wait behind another', () => {
    for (const view of [{ complete: false }, { busy: true }]) {
      const views = [{ now: 0 }, { now: 1_000, ...view }, { now: 1_600 }, { now: 3_000 }];
      expect(look(unknown, ...views).phase).toBe('unknown');
      expect(look(unknown, ...views, { now: 3_100 }).phase).toBe('not_sent');
    }
  });

  test('is never in doubt while the post is under way', () => {
    expect(look(posting, { now: 0 }, { now: 100_000 })).toBe(posting);
  });
});

describe('a question that the server has taken', () => {
  test('waits for as long as that server is there', () => {
    const views = [
      { now: 0, fresh: false },
      { now: 100_000, fresh: false },
    ];
    expect(look(taken, ...views)).toBe(taken);
  });

  test('is lost with it', () => {
    expect(look(taken, { now: 0 }, { now: 1_500 })).toMatchObject({
      phase: 'not_sent',
      why: expect.stringMatching(/gone before it began/),
    });
  });
});
