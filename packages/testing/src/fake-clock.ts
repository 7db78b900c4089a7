/** Virtual time and randomness for monitors and fake servers: an outage of half a minute takes milliseconds. */

import type { Environment } from '@session-monitor/client';
import { TestingError } from './errors.js';
import { Random } from './random.js';
import { turn } from './turn.js';

/** The third argument of `new SessionMonitor`, with time that the test advances. */
export interface FakeClock extends Environment {
  /**
   * Advances time: timers fire in order, each after everything that the one before has caused. Resolves
   * when that has happened; rejects with what a callback throws.
   *
   * @param ms milliseconds
   */
  advance(ms: number): Promise<void>;
  /**
   * Advances time from timer to timer until a condition holds. Rejects with TestingError ERR_IN_VAIN if it
   * does not hold within so many virtual milliseconds (default: an hour).
   */
  advanceUntil(condition: () => boolean, withinMs?: number): Promise<void>;
  /** Tells the monitors what a browser would: the page is visible, online or thawed again. */
  wake(): void;
  /** Tells them that the page is about to go: into the browser's cache, or for good. */
  sleep(): void;
  /** Timers that wait: none is left when everything has been stopped. */
  readonly pending: number;
}

/** Where a fake clock begins. */
export interface FakeClockOptions {
  /** Another seed is other backoffs and ids. Default: 1. */
  readonly seed?: number;
  /** What the clock on the wall shows at first, milliseconds since 1970. Default: the beginning of 2026. */
  readonly wall?: number;
}

const DEFAULT_WALL = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;

interface Timer {
  readonly at: number;
  readonly fn: () => void;
}

/** Virtual time that begins at 0, and seeded randomness. */
export function fakeClock(options: FakeClockOptions = {}): FakeClock {
  const { seed = 1, wall = DEFAULT_WALL } = options;
  const random = new Random(seed);
  /** In the order in which they were set: it decides between two that are due at the same time. */
  const timers = new Set<Timer>();
  const wakers = new Set<() => void>();
  const wakeListeners = new Set<() => void>();
  let now = 0;
  let advanced: Promise<unknown> = Promise.resolve();

  function nextDue(until: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (timer.at <= until && (!first || timer.at < first.at)) first = timer;
    }
    return first;
  }

  /** Fires one timer, with all that follows from it; false if none is due. */
  async function fireNext(until: number): Promise<boolean> {
    const timer = nextDue(until);
    if (!timer) return false;
    timers.delete(timer);
    now = Math.max(now, timer.at);
    timer.fn();
    await turn();
    return true;
  }

  /** Runs calls one after the other: a test may forget to await the first. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const done = advanced.then(work);
    advanced = done.catch(() => {});
    return done;
  }

  return {
    now: () => now,
    wall: () => wall + now,
    random: () => random.next(),
    instance: () => random.name(),
    after(ms, fn) {
      const timer = { at: now + Math.max(0, ms), fn };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    onWake(fn) {
      wakers.add(fn);
      return () => void wakers.delete(fn);
    },
    onSleep(fn) {
      wakeListeners.add(fn);
      return () => void wakeListeners.delete(fn);
    },
    wake() {
      for (const fn of [...wakers]) fn();
    },
    sleep() {
      for (const fn of [...wakeListeners]) fn();
    },
    advance(ms) {
      if (!(ms >= 0)) {
        const message = `advance(${String(ms)}): time goes by in milliseconds, and forward.`;
        return Promise.reject(new TestingError('ERR_BAD_ARGUMENT', message));
      }
      return inTurn(async () => {
        const until = now + ms;
        await turn();
        while (await fireNext(until));
        now = until;
      });
    },
    advanceUntil(condition, withinMs = HOUR_MS) {
      return inTurn(async () => {
        const until = now + withinMs;
        await turn();
        while (!condition()) {
          if (await fireNext(until)) continue;
          const what = timers.size > 0 ? `within ${withinMs} ms` : 'and nothing is due any more';
          throw new TestingError('ERR_IN_VAIN', `The condition does not hold ${what}.`);
        }
      });
    },
    get pending() {
      return timers.size;
    },
  };
}
