/** Checks of what this package itself guarantees. A failure is a bug here, never a wrong input. */

/** @throws TypeError if the condition does not hold */
export function invariant(condition: unknown, what: string): asserts condition {
  if (!condition) throw new TypeError(`Broken invariant: ${what}`);
}

/**
 * The element at an index that must exist.
 *
 * @throws TypeError if it does not
 */
export function elementAt<T>(list: ArrayLike<T>, index: number): T {
  const element = list[index];
  invariant(element !== undefined, `no element ${index} in a list of ${list.length}`);
  return element;
}
