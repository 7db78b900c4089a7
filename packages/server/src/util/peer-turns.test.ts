import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from './manual-clock.fixture.js';
import { PeerTurns } from './peer-turns.js';

let clock: ManualClock;

beforeEach(() => {
  clock = new ManualClock();
});

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
  clock.pass(1_000);
  return atOnce;
}

test('a network with an admitted client does not wait for strangers, for ten minutes', () => {
  const turns = new PeerTurns(clock);
  const strangers = doneAtOnce(turns, 'user');
  turns.admitted('user');
  for (let n = 0; n < 100; n += 1) turns.run(`stranger ${n}`, () => {});
  const known = doneAtOnce(turns, 'user');
  expect(known).toBeGreaterThan(strangers);
  clock.pass(600_000);
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
