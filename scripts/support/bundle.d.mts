import type { Mutant } from '../../test/simulation/mutants.mjs';

interface BundleOptions {
  readonly mutant?: Mutant;
  readonly asInstalled?: boolean;
}

export function bundle(entry: string, outFile: string, options?: BundleOptions): Promise<string>;
