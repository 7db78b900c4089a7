/** What an attack is: its work in the attacker's process, and the bounds that its figures must hold. */

import type { Kit } from './attacker/kit.js';
import type { Bounds } from './judge.js';
import type { Fill } from './server/data.js';

export type Counts = Readonly<Record<string, number>>;

/** How the attacked server differs from that of other scenarios. */
export interface ServerOptions {
  /** Settings besides those of every run. */
  readonly env?: Readonly<Record<string, string>>;
  /** How many descriptors it may have. */
  readonly descriptors?: number;
  /** `authorize` takes so long and grants everything, in place of the policy for JSON Web Tokens. */
  readonly authorizeMs?: number;
}

export interface Scenario {
  readonly name: string;
  /** The finding that it stands for, as docs/security.md numbers them. */
  readonly finding: string;
  readonly about: string;
  readonly server?: ServerOptions;
  /** The server has a core for itself, and all other processes have the others. */
  readonly ownCore?: true;
  /** Fills the server's store before it starts. */
  readonly fill?: Fill;
  /** Runs before the base: what the attacker has in place without harm. */
  readonly prepare?: (kit: Kit) => Promise<void>;
  /** Variants that run one after another on the same server. */
  readonly parts?: readonly string[];
  /** Ends by itself. Resolves with what it did and what came of it. */
  readonly attack: (kit: Kit, part: string) => Promise<Counts>;
  /** Whether new users arrive all the time: `newUserMs`, the longest time until one is live. */
  readonly arrivals?: true;
  /** How long the server has to get rid of what the attack left. */
  readonly settleMs?: number;
  readonly bounds: Bounds;
  /** The bounds of the short form in `npm test`. A scenario without them is not part of it. */
  readonly short?: Bounds;
}
