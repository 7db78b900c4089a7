/** Runs every kind of cycle several times, with one page for all of them. */

import type { Say } from '../harness/program.js';
import { CYCLES, type CycleName, expectFlawless } from './cycles.js';
import { LifecycleWorld } from './world.js';

export interface LifecycleOptions {
  readonly cycles: number;
  /** Selects the kinds whose name holds this. */
  readonly only?: string;
  /** How long a page is frozen or offline. */
  readonly awayMs: number;
  readonly say: Say;
}

/** The milliseconds of each cycle until the page was live again, in order. */
export type LifecycleReport = Readonly<Record<CycleName, readonly number[]>>;

/** Throws on the first number that is lost or repeated. */
export async function runLifecycle(options: LifecycleOptions): Promise<LifecycleReport> {
  const { cycles, only = '', awayMs, say } = options;
  const world = await LifecycleWorld.start();
  try {
    const tab = await world.chromium.open(world.address());
    await world.caughtUp(tab);
    const report: Record<string, readonly number[]> = {};
    const wanted = Object.entries(CYCLES).filter(([name]) => name.includes(only));
    for (const [name, cycle] of wanted) {
      const times: number[] = [];
      for (let n = 0; n < cycles; n += 1) {
        times.push(Math.round(await cycle({ world, tab, awayMs })));
        expectFlawless(await world.flaws(tab));
      }
      report[name] = times;
      say(`${name}: live again after ${times.join(', ')} ms`);
    }
    return report as LifecycleReport;
  } finally {
    await world.close();
  }
}
