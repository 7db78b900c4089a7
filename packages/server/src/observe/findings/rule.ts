/** A rule looks at the facts and says what it finds, or nothing. */

import type { Facts, Finding } from './facts.js';

/** A finding before it has its name. */
export interface Found {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Default false. */
  readonly ongoing?: boolean;
  readonly title: string;
  readonly evidence: readonly string[];
  readonly next: string;
}

export type Rule = (facts: Facts) => Found | undefined;
export type Rules<Code extends Finding['code']> = Readonly<Record<Code, Rule>>;

export const timeOf = (iso: string): number => Date.parse(iso);
