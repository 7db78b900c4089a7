import type { Cancel, Clock } from './clock.js';

/** Node's timers take 32 bits: a longer wait is made of several. */
const MAX_WAIT_MS = 2 ** 31 - 1;

/** Calls back at a time of the clock on the wall, in milliseconds since 1970. */
export function afterWall(
  clock: Pick<Clock, 'after' | 'wall'>,
  at: number,
  call: () => void,
): Cancel {
  let cancel: Cancel;
  const wait = () => {
    const ms = at - clock.wall();
    cancel = clock.after(Math.min(Math.max(0, ms), MAX_WAIT_MS), () => {
      if (clock.wall() < at) wait();
      else call();
    });
  };
  wait();
  return () => cancel();
}
