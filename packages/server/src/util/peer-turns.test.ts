import { expect, test } from 'vitest';
import { PeerTurns } from './peer-turns.js';

let now = 1_000;
const timers: { readonly at: number; readonly fn: () => void }[] = [];
const clock = {
  now: () => now,
  after(ms: number, fn: () => void) {
    timers.push({ at: now + ms, fn });
    return () => {};
  },
};

/** How many of a hundred pieces of work of a network are done at once. */
function doneAtOnce(turns: PeerTurns, network: string): number {
  let done = 0;
  const work = () => {
    done += 1;
  };
  for (let n = 0; n < 100; n += 1) turns.run(network, work);
  const atOnce = done;
  turns.stop();
  expect(done).toBe(100);
  now += 1_000;
  return atOnce;
}

test('a network with an admitted client does not wait for strangers, for ten minutes', () => {
  const turns = new PeerTurns(clock);
  const strangers = doneAtOnce(turns, 'user');
  turns.admitted('user');
  for (let n = 0; n < 100; n += 1) turns.run(`stranger ${n}`, () => {});
  const known = doneAtOnce(turns, 'user');
  expect(known).toBeGreaterThan(strangers);
  now += 600_000;
  expect(doneAtOnce(turns, 'user')).toBe(strangers);
});

test('work that is asynchronous waits for its turn', async () => {
  const turns = new PeerTurns(clock);
  let begun = 0;
  for (let n = 0; n < 10; n += 1) {
    void turns.turn('user', 1).then(() => {
      begun += 1;
    });
  }
  await Promise.resolve();
  expect(begun).toBe(2);
  turns.stop();
  await Promise.resolve();
  expect(begun).toBe(10);
});
