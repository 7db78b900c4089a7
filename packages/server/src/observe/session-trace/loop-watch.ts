/** Traces that the event loop was blocked: nothing was read or sent meanwhile. */

import type { Cancel, Clock } from '../../util/clock.js';
import type { Trace } from '../trace.js';

const TICK_MS = 250;
/** A user notices half a second. */
const BLOCKED_MS = 500;

/** Returns the function that ends this. */
export function watchBlockedLoop(clock: Pick<Clock, 'now' | 'after'>, trace: Trace): Cancel {
  let cancel: Cancel = () => {};
  const wait = () => {
    const due = clock.now() + TICK_MS;
    cancel = clock.after(TICK_MS, () => {
      const ms = Math.round(clock.now() - due);
      if (ms >= BLOCKED_MS) trace('loop_blocked', { ms });
      wait();
    });
  };
  wait();
  return () => cancel();
}
