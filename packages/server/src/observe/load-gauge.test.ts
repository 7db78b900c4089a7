import { expect, test } from 'vitest';
import { LoadGauge } from './load-gauge.js';

/** A loop whose timers may be late. */
function stage() {
  let now = 0;
  let timer = { at: Number.POSITIVE_INFINITY, fn: () => {} };
  const clock = {
    now: () => now,
    after: (ms: number, fn: () => void) => {
      timer = { at: now + ms, fn };
      return () => {
        timer = { at: Number.POSITIVE_INFINITY, fn: () => {} };
      };
    },
  };
  let memory = 0;
  const samples: number[] = [];
  const onSample = (lateMs: number) => void samples.push(lateMs);
  const gauge = new LoadGauge({ clock, memory: () => memory, onSample });
  return {
    gauge,
    samples,
    /** The next timer fires so late. */
    late(ms: number) {
      now = timer.at + ms;
      timer.fn();
    },
    pass: (ms: number) => (now += ms),
    remember: (share: number) => (memory = share),
    isStopped: () => timer.at === Number.POSITIVE_INFINITY,
  };
}

test('one long turn is no overload, several are', () => {
  const { gauge, late } = stage();
  late(300);
  expect(gauge.delayMs).toBeCloseTo(90);
  for (let n = 0; n < 5; n += 1) late(300);
  expect(gauge.delayMs).toBeGreaterThan(250);
  for (let n = 0; n < 5; n += 1) late(0);
  expect(gauge.delayMs).toBeLessThan(60);
});

test('each sample is handed on', () => {
  const { samples, late } = stage();
  for (const ms of [300, 0, 7]) late(ms);
  expect(samples).toEqual([300, 0, 7]);
});

test('the turn that is under way counts at once', () => {
  const { gauge, pass } = stage();
  pass(100 + 500);
  expect(gauge.delayMs).toBe(250);
});

test('memory is looked at once a second', () => {
  const { gauge, pass, remember, isStopped } = stage();
  expect(gauge.memoryShare).toBe(0);
  remember(0.95);
  expect(gauge.memoryShare).toBe(0);
  pass(1_000);
  expect(gauge.memoryShare).toBe(0.95);
  gauge.stop();
  expect(isStopped()).toBe(true);
});

test('this process has memory left', () => {
  const clock = { now: () => 0, after: () => () => {} };
  const { memoryShare } = new LoadGauge({ clock });
  expect(memoryShare).toBeGreaterThan(0);
  expect(memoryShare).toBeLessThan(1);
});
