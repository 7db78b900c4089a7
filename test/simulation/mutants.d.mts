/**
 * The product with one rule taken out. The rule is the code below each comment `// mutant: NAME`. Without
 * `swap` and `becomes` it is removed.
 */
export interface Mutant {
  readonly name: string;
  /** What the rule guards against. */
  readonly race: string;
  /** It takes several nodes to notice it. */
  readonly cluster?: true;
  /** A text that the rule holds exactly once, and what stands there instead. */
  readonly swap?: readonly [find: string, replace: string];
  /** What stands there instead of the whole rule. */
  readonly becomes?: string;
  /** What stands after the changed rule. */
  readonly append?: string;
}

export const MUTANTS: readonly [Mutant, ...Mutant[]];
