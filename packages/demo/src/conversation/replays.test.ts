import { expect, test } from 'vitest';
import { Replays } from './replays.js';

const said = (delta: unknown, run_id: unknown = 'r') => ({ run_id, delta });

test('ranges from the log are known by their place in the reply', () => {
  const replays = new Replays();
  for (const [delta, isReplayed] of [
    ['ab', false],
    ['cd', true],
    ['ef', true],
    ['gh', false],
    ['ij', true],
  ] as const) {
    replays.see('message', said(delta), isReplayed);
    replays.see('message', said('x', 'other'), false);
  }
  expect(replays.of('r')).toEqual([
    { from: 2, to: 6 },
    { from: 8, to: 10 },
  ]);
  expect([replays.of('other'), replays.of('unknown')]).toEqual([[], []]);
  replays.forget();
  expect(replays.of('r')).toEqual([]);
});

test('what has no text of a reply moves nothing', () => {
  const replays = new Replays();
  for (const data of [null, 'text', said(5), said('x', 5), { delta: 'x' }]) {
    replays.see('message', data, true);
  }
  replays.see('note', said('x'), true);
  replays.see('message', said('ab'), true);
  expect(replays.of('r')).toEqual([{ from: 0, to: 2 }]);
});
