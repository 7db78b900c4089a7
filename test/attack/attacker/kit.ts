/** What an attack works with: where the server is, how large the attack is, and what it has opened. */

import type { Random } from '../../simulation/time/random.js';

export interface KitOptions {
  readonly port: number;
  readonly seed: number;
  /** 1 for the long form. The short form makes each attack that much smaller. */
  readonly scale: number;
  /** Only these generated inputs, to see again what they do: `events:17`. */
  readonly replay: readonly string[];
}

export interface Kit extends KitOptions {
  readonly random: Random;
  /** A count or a time of the long form, as large as it is in this run; at least `least`. */
  readonly scaled: (value: number, least?: number) => number;
  /** The names of the newest generated inputs: what the server may have died of. */
  readonly recent: string[];
  /** Shows a line of progress. */
  readonly say: (line: string) => void;
}

/** Loopback addresses that are not the healthy user's. */
const ADDRESSES = 200;

/** The address of an attacker's peer. */
export const addressOf = (peer: number): string => `127.0.0.${2 + (peer % ADDRESSES)}`;
