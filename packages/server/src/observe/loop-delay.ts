/** Measures how late the event loop is when an operator asks. Between questions it costs nothing. */

import type { Clock } from '../util/clock.js';

const SAMPLES = 10;
const SAMPLE_MS = 10;

/** Resolves with by how many milliseconds timers come late: the average of some in a row, within about a tenth of a second. */
export async function measureLoopDelay(clock: Pick<Clock, 'now' | 'after'>): Promise<number> {
  let lateMs = 0;
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const due = clock.now() + SAMPLE_MS;
    await new Promise<void>((resolve) => {
      clock.after(SAMPLE_MS, resolve);
    });
    lateMs += Math.max(0, clock.now() - due);
  }
  return lateMs / SAMPLES;
}
