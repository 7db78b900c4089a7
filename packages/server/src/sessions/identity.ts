/** Session ids: how they are made. Secrets: how they are compared. */

import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * The id of the `ordinal`th session that an instance makes on a thread. Deriving it from the instance
 * (128 random bits that only its monitor knows) lets a monitor whose first receipt was lost find the
 * session again; binding it to the thread and the user keeps it from finding anything else.
 */
export function deriveSessionId(
  thread_id: string,
  user_id: string | null,
  instance: string,
  ordinal: number,
): string {
  return createHash('sha256')
    .update(JSON.stringify([thread_id, user_id, instance, ordinal]))
    .digest('base64url')
    .slice(0, 22);
}

/** Compares in time that does not depend on where the two differ. */
export function isSameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
