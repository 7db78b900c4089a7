/** Worlds made from seeds: what happens in them, and how often. */

import type { Random } from '../../testing/src/random.js';

/** Its name, how often it happens beside the others (0: not now), and what it does. */
export type Action = readonly [name: string, weight: number, happen: () => void];

/** Lets one of them happen; returns its name. */
export function pickAction(random: Random, actions: readonly Action[]): string {
  let left = random.next() * actions.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [name, weight, act] of actions) {
    left -= weight;
    if (left >= 0) continue;
    act();
    return name;
  }
  return 'nothing';
}
