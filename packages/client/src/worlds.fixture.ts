/** Worlds made from seeds: what happens in them, and how often. */

import type { Random } from '../../testing/src/random.js';

/** Its name, how often it happens beside the others (0: not now), and what it does. */
export type Deed = readonly [name: string, weight: number, happen: () => void];

/** Lets one of them happen; returns its name. */
export function happen(random: Random, deeds: readonly Deed[]): string {
  let left = random.next() * deeds.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [name, weight, deed] of deeds) {
    left -= weight;
    if (left >= 0) continue;
    deed();
    return name;
  }
  return 'nothing';
}
