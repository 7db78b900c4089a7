import type { SessionVersion } from './store.js';

/**
 * Whether a stored record is still the one that a write expects. A session that was erased may have been created
 * again under its name, with the same generation: the stored text of its secret tells them apart.
 *
 * @param expected the record that the writer has read; undefined: there was none
 */
export const isExpectedSession = (
  stored: SessionVersion | undefined,
  expected: SessionVersion | undefined,
): boolean =>
  // mutant: generations-are-not-compared-in-the-store
  stored?.generation === expected?.generation && stored?.secret === expected?.secret;
