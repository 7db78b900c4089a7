import type { SessionRecord } from './store.js';

/**
 * Whether a stored record is still the one that a write expects. A session that was erased may have been created
 * again under its name, with the same generation: its secret tells them apart.
 *
 * @param expected the generation that the writer has read; 0: there was no record
 */
export const isExpectedSession = (
  stored: SessionRecord | undefined,
  { secret }: Pick<SessionRecord, 'secret'>,
  expected: number,
): boolean =>
  // mutant: generations-are-not-compared-in-the-store
  (stored?.generation ?? 0) === expected && (stored?.secret ?? secret) === secret;
