/** What came of an attack. */

import type { Figures } from './judge.js';

export interface Result {
  readonly name: string;
  readonly part: string;
  readonly finding: string;
  readonly figures: Figures;
  /** The bounds that are broken, one line each. */
  readonly broken: readonly string[];
}

export const titleOf = (name: string, part: string): string =>
  part === '' ? name : `${name}, ${part}`;
