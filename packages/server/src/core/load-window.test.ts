import { beforeEach, describe, expect, test } from 'vitest';
import { LoadWindow } from './load-window.js';

describe('the window of a busy server', () => {
  let busy: number;
  let now: number;
  let window: LoadWindow;

  /** So many commits a second, for a time. Returns the last window. */
  function pass(ms: number, perSecond: number): number {
    const everyMs = 1_000 / perSecond;
    let last = 0;
    for (const end = now + ms; now < end; now += everyMs) last = window.count(now);
    return last;
  }

  beforeEach(() => {
    busy = 1;
    now = 1_000;
    window = new LoadWindow({ busy: () => busy, fromPerSecond: 300 });
  });

  test('begins when there are many commits', () => {
    expect(pass(90, 400)).toBe(0);
    expect(pass(20, 400)).toBe(50);
  });

  test('does not begin while there are few: they are not the load', () => {
    expect(pass(10_000, 290)).toBe(0);
  });

  test('does not begin on a quiet server', () => {
    busy = 0.8;
    expect(pass(1_000, 5_000)).toBe(0);
  });

  test('goes on although it leaves few, and ends when there is room', () => {
    pass(200, 400);
    expect(pass(2_000, 20)).toBe(50);
    busy = 0.6;
    expect(pass(1_000, 20)).toBe(20);
    busy = 0.4;
    expect(pass(200, 20)).toBe(0);
  });

  test('ends after five seconds for a look at how many there would be', () => {
    pass(200, 400);
    expect(pass(4_900, 20)).toBe(50);
    expect(pass(200, 20)).toBe(0);
    expect(pass(1_000, 20)).toBe(0);
    expect(pass(200, 400)).toBe(50);
  });

  test('does not take a long silence for a few commits', () => {
    window.count(now);
    now += 60_000;
    expect(window.count(now)).toBe(0);
    expect(pass(150, 400)).toBe(50);
  });
});
