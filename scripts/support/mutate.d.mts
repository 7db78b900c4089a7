import type { Mutant } from '../../test/simulation/mutants.mjs';

export function mutated(code: string, mutant: Mutant): string;
export function outOfDate(mutants: readonly Mutant[]): readonly string[];
