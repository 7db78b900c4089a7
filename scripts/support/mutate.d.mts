import type { Mutant } from '../../test/simulation/mutants.mjs';

type Source = readonly [file: string, code: string];

export function mutated(file: string, code: string, mutant: Mutant): string | undefined;
export function outOfDate(
  mutants: readonly Mutant[],
  sources?: readonly Source[],
): readonly string[];
