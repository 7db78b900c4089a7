import { expect, test } from 'vitest';
import { fakeClock } from '../../../../testing/src/fake-clock.js';
import { Detail, type TraceSubject } from './detail.js';

function stage(maxBytes = 1_000) {
  const clock = fakeClock();
  const ended: [TraceSubject, string][] = [];
  const onEnded = (subject: TraceSubject, reason: string) => void ended.push([subject, reason]);
  return { clock, ended, detail: new Detail({ clock, maxBytes, onEnded }) };
}

const alice = { session_id: 's', connection: 'c', thread_id: 't', user_id: 'alice' };

test('a session is watched by itself, with its thread or with its user, until its time is over', async () => {
  const names = [
    { session_id: 's' },
    { session_id: 'c' },
    { thread_id: 't' },
    { user_id: 'alice' },
  ];
  for (const subject of names) {
    const { clock, ended, detail } = stage();
    expect([detail.isOn, detail.covers(alice)]).toEqual([false, false]);
    expect(detail.begin(subject, 60_000)).toBe(true);
    expect([detail.isOn, detail.covers(alice)]).toEqual([true, true]);
    expect(detail.covers({ session_id: 'other', thread_id: 'other', user_id: null })).toBe(false);
    expect(detail.list()).toEqual([{ ...subject, until: clock.wall() + 60_000 }]);
    await clock.advance(60_000);
    expect([detail.isOn, detail.covers(alice), clock.pending]).toEqual([false, false, 0]);
    expect(ended).toEqual([[subject, 'time']]);
  }
});

test('a watch lasts an hour at most, and is prolonged by another', async () => {
  const { clock, detail } = stage();
  detail.begin({ thread_id: 't' }, 60_000);
  detail.begin({ thread_id: 't' }, 24 * 3_600_000);
  expect(detail.list()).toEqual([{ thread_id: 't', until: clock.wall() + 3_600_000 }]);
  await clock.advance(3_600_000);
  expect(detail.isOn).toBe(false);
});

test('an operator ends a watch, once', () => {
  const { clock, ended, detail } = stage();
  detail.begin({ user_id: 'alice' }, 60_000);
  expect([detail.end({ user_id: 'alice' }), detail.end({ user_id: 'alice' })]).toEqual([
    true,
    false,
  ]);
  expect([detail.isOn, clock.pending, ended]).toEqual([false, 0, []]);
});

test('a hundred are watched, and one more is not', () => {
  const { detail } = stage();
  const begun = Array.from({ length: 101 }, (_, n) => detail.begin({ thread_id: `t${n}` }, 1_000));
  expect(begun.filter((each) => each)).toHaveLength(100);
  expect(detail.begin({ thread_id: 't0' }, 2_000)).toBe(true);
});

test('when the lines have taken their share of the trace, nothing is watched any more', () => {
  const { ended, detail } = stage();
  detail.begin({ thread_id: 't' }, 60_000);
  detail.spend(1_000);
  expect(detail.isOn).toBe(true);
  detail.spend(1);
  expect([detail.isOn, ended]).toEqual([false, [[{ thread_id: 't' }, 'room']]]);
  // The next one has the share again.
  detail.begin({ thread_id: 't' }, 60_000);
  detail.spend(1_000);
  expect(detail.isOn).toBe(true);
});
