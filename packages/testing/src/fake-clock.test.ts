import { expect, test } from 'vitest';
import { fakeClock } from './fake-clock.js';

test('timers fire in order of time, and at the same time in the order in which they were set', async () => {
  const clock = fakeClock();
  const calls: string[] = [];
  clock.after(20, () => calls.push(`second at ${clock.now()}`));
  clock.after(10, () => calls.push(`first at ${clock.now()}`));
  clock.after(20, () => calls.push(`third at ${clock.now()}`));
  await clock.advance(15);
  expect(calls).toEqual(['first at 10']);
  expect(clock.now()).toBe(15);
  await clock.advance(5);
  expect(calls).toEqual(['first at 10', 'second at 20', 'third at 20']);
});

test('everything that follows from a timer, promises included, happens before the next one', async () => {
  const clock = fakeClock();
  const calls: string[] = [];
  clock.after(10, async () => {
    for (let step = 0; step < 50; step += 1) await null;
    calls.push('slow');
    clock.after(1, () => calls.push('asked for at 10'));
  });
  clock.after(12, () => calls.push('at 12'));
  await clock.advance(12);
  expect(calls).toEqual(['slow', 'asked for at 10', 'at 12']);
});

test('a cancelled timer does not fire and is not pending', async () => {
  const clock = fakeClock();
  const cancel = clock.after(10, () => expect.unreachable());
  expect(clock.pending).toBe(1);
  cancel();
  expect(clock.pending).toBe(0);
  await clock.advance(20);
});

test('time goes by until a condition holds, and no further', async () => {
  const clock = fakeClock();
  let fired = 0;
  for (const ms of [1_000, 60_000, 3_000_000]) {
    clock.after(ms, () => {
      fired += 1;
    });
  }
  await clock.advanceUntil(() => fired === 2);
  expect(clock.now()).toBe(60_000);
});

test('a condition that does not hold in time is waited for in vain', async () => {
  const clock = fakeClock();
  const idle = clock.advanceUntil(() => false);
  await expect(idle).rejects.toMatchObject({ name: 'TestingError', code: 'ERR_IN_VAIN' });
  await expect(clock.advanceUntil(() => false)).rejects.toThrow('nothing is due any more');
  clock.after(500, () => {});
  await expect(clock.advanceUntil(() => false, 100)).rejects.toThrow('within 100 ms');
  expect(clock.now()).toBe(0);
});

test('concurrent calls of advance take turns', async () => {
  const clock = fakeClock();
  const first = clock.advance(10);
  await clock.advance(5);
  expect(clock.now()).toBe(15);
  await first;
});

test('time goes forward', async () => {
  const clock = fakeClock();
  await expect(clock.advance(-1)).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' });
  await expect(clock.advance(Number.NaN)).rejects.toMatchObject({ code: 'ERR_BAD_ARGUMENT' });
});

test('the same seed draws the same values', () => {
  const draw = (seed?: number) => {
    const { random, instance } = fakeClock(seed === undefined ? {} : { seed });
    return [random(), random(), instance()];
  };
  expect(draw()).toEqual(draw(1));
  expect(draw(2)).not.toEqual(draw(1));
  expect(draw()[2]).toMatch(/^[\w-]{22}$/);
});

test('the wall shows the time that has gone by', async () => {
  const clock = fakeClock({ wall: Date.UTC(2030, 5, 1) });
  await clock.advance(1_500);
  expect(new Date(clock.wall()).toISOString()).toBe('2030-06-01T00:00:01.500Z');
});

test('calls wake and sleep listeners until they are removed', () => {
  const clock = fakeClock();
  const told: string[] = [];
  const unwake = clock.onWake(() => told.push('wake'));
  const unsleep = clock.onSleep(() => told.push('sleep'));
  clock.sleep();
  clock.wake();
  unwake();
  unsleep();
  clock.sleep();
  clock.wake();
  expect(told).toEqual(['sleep', 'wake']);
});
