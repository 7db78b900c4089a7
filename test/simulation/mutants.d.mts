/** One text of a source, and what stands there instead. */
export interface Edit {
  readonly find: string;
  readonly replace: string;
}

export interface Mutant extends Edit {
  readonly name: string;
  /** What the rule that is taken out guards against. */
  readonly race: string;
  readonly file: string;
  readonly also?: Edit;
}

export const MUTANTS: readonly [Mutant, ...Mutant[]];
