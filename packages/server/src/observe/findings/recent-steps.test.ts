import { expect, test } from 'vitest';
import type { Trace } from '../trace.js';
import { RecentSteps } from './recent-steps.js';

const ids = { session_id: 's', thread_id: 't' };

function stage(addresses = true) {
  const time = { now: 1_000_000 };
  const steps = new RecentSteps({ node: 'n', clock: { wall: () => time.now }, addresses });
  const traced: string[] = [];
  const trace: Trace = steps.watching((step) => traced.push(step));
  const cut = (more: object = {}) =>
    trace('disconnect', { ...ids, connection: 'c', reason: 'transport close', ms: 4_000, ...more });
  const refuse = (more: object = {}) =>
    trace('register_refused', { thread_id: 't', code: 'token_expired', address: 'a', ...more });
  return { time, steps, traced, trace, cut, refuse };
}

test('how the last connections of a session ended is remembered', () => {
  const { steps, traced, trace, cut } = stage();
  for (const connection of ['c', 'd', 'e', 'f', 'g', 'h']) cut({ connection });
  cut({ session_id: undefined });
  trace('ping', { ...ids, offset: 1 });
  expect(steps.endsOf('s').map(({ connection }) => connection)).toEqual(['d', 'e', 'f', 'g', 'h']);
  expect(steps.endsOf('s')[0]).toMatchObject({ step: 'disconnect', time: 1_000_000, node: 'n' });
  expect(steps.endsOf('other')).toEqual([]);
  expect(traced.length).toBe(8);
});

test('a session whose connection lasts is left alone', () => {
  const { time, steps, cut } = stage();
  cut();
  time.now += 21_000;
  expect(steps.endsOf('s').length).toBe(1);
  time.now += 1_000;
  expect(steps.endsOf('s')).toEqual([]);
});

test('of very many sessions those that lost their connections last are remembered', () => {
  const { steps, cut } = stage();
  for (let n = 0; n < 2_001; n += 1) cut({ session_id: `s${n}` });
  expect([steps.endsOf('s0').length, steps.endsOf('s1').length]).toEqual([0, 1]);
});

test('refusals and limits of the last minute are counted by kind', () => {
  const { time, steps, trace, refuse } = stage();
  refuse();
  time.now += 30_000;
  refuse({ thread_id: 'u', user_id: 'bob' });
  refuse({ code: 'authorisation' });
  trace('access_refused', { action: 'publish', code: 'authorisation', address: 'a' });
  trace('limit', { limit: 'runs', times: 4, address: 'a' });
  trace('limit', { limit: 'catchUpMs', times: 9 });
  const seen = () =>
    steps.refusals.map(({ newest, count }) => [newest.code ?? newest.limit, count]);
  expect(seen()).toEqual([
    ['token_expired', 2],
    ['authorisation', 2],
    ['runs', 4],
  ]);
  expect(steps.refusals[0]?.newest).toMatchObject({ thread_id: 'u', address: 'a' });
  expect(steps.refusals[0]?.lines).toMatchObject([{ user_id: 'bob' }]);
  time.now += 31_000;
  expect(seen()[0]).toEqual(['token_expired', 1]);
  time.now += 60_000;
  expect(seen()).toEqual([]);
});

test('lost nodes are remembered for some minutes, and operators without a token are no refusal', () => {
  const { time, steps, trace, refuse } = stage();
  trace('node_lost', { lost: 'other', sessions: 3, runs: 1 });
  trace('access_refused', { action: 'administer', code: 'unauthenticated' });
  expect(steps.lostNodes).toMatchObject([{ lost: 'other', time: 1_000_000 }]);
  expect(steps.refusals).toEqual([]);
  refuse();
  time.now += 300_000;
  expect([steps.lostNodes, steps.refusals]).toEqual([[], []]);
});

test('addresses are left out where the log has none', () => {
  const { steps, refuse } = stage(false);
  refuse();
  expect(steps.refusals[0]?.newest.address).toBeUndefined();
});
