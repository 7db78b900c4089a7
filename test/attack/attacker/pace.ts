/** How attacks spread their work: so many at a time, or so many a second. */

import { pause, times, within } from '../../support/until.js';

/** Does `work` for 0 … `count` - 1, `width` at a time. Ends at the deadline; resolves with how many were done. */
export async function atATime(
  width: number,
  count: number,
  work: (index: number) => Promise<unknown>,
  deadline = Number.POSITIVE_INFINITY,
): Promise<number> {
  let next = 0;
  let done = 0;
  const lane = async () => {
    while (next < count && performance.now() < deadline) {
      const index = next;
      next += 1;
      await work(index);
      done += 1;
    }
  };
  await Promise.all(times(Math.min(width, count), lane));
  return done;
}

const TICK_MS = 20;

/** Calls `work` so many times a second for a time, without waiting for it. Resolves with how often. */
export async function perSecond(
  rate: number,
  forMs: number,
  work: (index: number) => void,
): Promise<number> {
  const began = performance.now();
  let done = 0;
  for (let passed = 0; passed < forMs; passed = performance.now() - began) {
    for (const due = (passed * rate) / 1_000; done < due; done += 1) work(done);
    await pause(TICK_MS);
  }
  return done;
}

/** Waits until all are settled, at most `ms`; resolves with how many are not. */
export async function unsettledAfter(
  ms: number,
  all: readonly Promise<unknown>[],
): Promise<number> {
  let open = all.length;
  for (const each of all) {
    void each.then(() => {
      open -= 1;
    });
  }
  await within(ms, Promise.all(all));
  return open;
}
