/** Sources of time and randomness. They are passed in everywhere, so that a simulation can replace them. */

import { randomFillSync } from 'node:crypto';

/** Stops what was started; calling it again does nothing. */
export type Cancel = () => void;

/** Where time comes from. */
export interface Clock {
  /** Milliseconds that only go forward; the base of every timeout and age within a process. */
  now(): number;
  /** Milliseconds since 1970, for display and for what must survive a restart. It may jump. */
  wall(): number;
  /** Calls `fn` once, `ms` milliseconds from now. Keeps the process alive only for a call that is due at once. */
  after(ms: number, fn: () => void): Cancel;
}

/** Where randomness comes from. */
export interface Entropy {
  /** `length` unpredictable bytes as unpadded base64url. */
  token(length: number): string;
  /** A number from 0 (included) to 1 (excluded). */
  fraction(): number;
}

/** `setTimeout` takes no more than this; a longer wait would fire at once. */
const MAX_TIMEOUT_MS = 2_147_483_647;

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, Math.min(Math.max(0, ms), MAX_TIMEOUT_MS));
    if (ms > 0) timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves when everything else that waits for the event loop has had its turn. */
export const nextTurn = (clock: Pick<Clock, 'after'>): Promise<void> =>
  new Promise((resolve) => {
    clock.after(0, resolve);
  });

/** Random bytes are drawn in bulk: a call for a handful of them costs as much as one for thousands. */
const pool = Buffer.alloc(4_096);
let drawn = pool.length;

export const systemEntropy: Entropy = {
  token(length) {
    if (drawn + length > pool.length) {
      randomFillSync(pool);
      drawn = 0;
    }
    const token = pool.toString('base64url', drawn, drawn + length);
    // Erase the bytes that were handed out.
    pool.fill(0, drawn, drawn + length);
    drawn += length;
    return token;
  },
  fraction: () => Math.random(),
};
