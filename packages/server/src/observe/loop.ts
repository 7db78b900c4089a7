/** Measures how busy the event loop is. */

import { performance } from 'node:perf_hooks';

/** Returns a function that returns the share of its time, 0 to 1, that the loop was busy since the last call. */
export function watchLoop(): () => number {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  };
}
