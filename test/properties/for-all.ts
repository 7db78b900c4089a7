import fc from 'fast-check';

/** Checks that something holds for so many draws of values. */
export const forAll = <Values extends [unknown, ...unknown[]]>(
  draws: number,
  arbitraries: { [K in keyof Values]: fc.Arbitrary<Values[K]> },
  check: (...values: Values) => void,
): void => {
  const values = fc.tuple<Values>(...arbitraries);
  fc.assert(
    fc.property(values, (drawn) => check(...drawn)),
    { numRuns: draws },
  );
};
