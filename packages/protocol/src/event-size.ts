/** The limit of an event's encoded size. Pure. */

import { MAX_EVENT_BYTES } from './limits.js';

/**
 * The size of an encoded event, `["name",data]`, if that is over the limit.
 *
 * @param bytesOf counts the bytes of a text in UTF-8
 * @param max the limit: of an event that a client sends, or of any event
 */
export function excessiveBytes(
  encoded: string,
  bytesOf: (text: string) => number,
  max: number = MAX_EVENT_BYTES,
): number | undefined {
  // A UTF-16 unit is three bytes at most: most events need no counting.
  if (encoded.length * 3 <= max) return undefined;
  const bytes = bytesOf(encoded);
  return bytes > max ? bytes : undefined;
}
