import { beforeEach, describe, expect, test } from 'vitest';
import { type FakeClock, fakeClock } from '../../../testing/src/fake-clock.js';
import { FramePacer } from './frame-pacer.js';

describe('the frame pacer', () => {
  let clock: FakeClock;
  let busy: number;
  const pacerOf = (setting: 'auto' | number) =>
    new FramePacer({ clock, setting, busy: () => busy });

  beforeEach(() => {
    clock = fakeClock();
    busy = 0;
  });

  test('spaces frames on a busy server with many of them', async () => {
    const pacer = pacerOf('auto');
    busy = 1;
    pacer.windowMs(undefined);
    await clock.advance(100);
    expect(pacer.windowMs(undefined)).toBe(0);
    for (let n = 0; n < 200; n += 1) pacer.windowMs(undefined);
    await clock.advance(100);
    expect(pacer.windowMs(undefined)).toBe(25);
    busy = 0;
    await clock.advance(100);
    expect(pacer.windowMs(undefined)).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test('a reader that owes an acknowledgement gets a longer window than others', () => {
    const pacer = pacerOf('auto');
    expect(pacer.windowMs(clock.now() - 100)).toBe(0);
    expect(pacer.windowMs(clock.now() - 5_000)).toBe(50);
    expect(pacer.windowMs(undefined)).toBe(0);
  });

  test('a forced window spaces frames by half of it, and 0 never holds a reader back', () => {
    busy = 1;
    expect(pacerOf(0).windowMs(clock.now() - 5_000)).toBe(0);
    expect(pacerOf(50).windowMs(undefined)).toBe(25);
    expect(clock.pending).toBe(0);
  });

  test('wakes each reader once, not before its time and hardly after', async () => {
    const pacer = pacerOf(50);
    const woken: (readonly [name: string, at: number])[] = [];
    const hold = (name: string, ms: number) =>
      pacer.wakeAt(clock.now() + ms, { wake: () => woken.push([name, clock.now()]) });
    hold('late', 50);
    hold('soon', 10);
    hold('soon too', 11);
    expect(clock.pending).toBe(1);
    await clock.advance(100);
    expect(woken.map(([name]) => name)).toEqual(['soon', 'soon too', 'late']);
    for (const [index, [, at]] of woken.entries()) {
      const due = [10, 11, 50][index] ?? 0;
      expect(at).toBeGreaterThanOrEqual(due);
      expect(at).toBeLessThanOrEqual(due + 5);
    }
    expect(clock.pending).toBe(0);
  });

  test('stopped, it wakes no reader and leaves no timer', async () => {
    const pacer = pacerOf('auto');
    pacer.windowMs(undefined);
    pacer.wakeAt(clock.now() + 10, { wake: () => expect.unreachable() });
    pacer.stop();
    expect(clock.pending).toBe(0);
    await clock.advance(100);
  });
});
